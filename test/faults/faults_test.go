package faults

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/eth"
)

// moment is when a condition begins.
type moment int

const (
	warm  moment = iota // while a node runs
	cold                // before the first start
	again               // between two runs of a node, whose engine has a chain then
)

// verdict is the place of what is to be looked at first. The others are heads, and "l1 endpoint", "beacon endpoint".
const verdict = "verdict"

// condition is something wrong outside of the node, and what the node has to say of it.
type condition struct {
	name   string
	code   eth.Fault
	at     string // where explain shows it
	when   moment
	begin  func(r *rig)
	end    func(r *rig) // nil: all proxies pass everything on
	second bool         // there is a healthy endpoint too, so that nothing may stand still
}

// atOnce is how many nodes run at the same time: most of what they do is to wait.
const atOnce = 10

// TestConditions runs a node through each condition: from health into it, what it says of it, and out of it again.
func TestConditions(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a rollup and many nodes for a minute")
	}
	began := time.Now()
	all := slices.Concat(l1Conditions(), beaconConditions(), engineConditions())
	c := startChain(t)
	t.Logf("the chain is there after %s", time.Since(began))
	var group sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	run := func(name string, run func(*testing.T, *chain)) {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			t.Run(name, func(t *testing.T) { run(t, c) })
		})
	}
	for _, cond := range all {
		run(cond.name, cond.run)
	}
	for _, o := range others() {
		run(o.name, o.run)
	}
	group.Wait()
}

func (c *condition) run(t *testing.T, on *chain) {
	r := newRig(t, on)
	if c.second {
		r.second()
	}
	before := uint64(0)
	switch c.when {
	case cold:
		c.begin(r)
		r.start()
	case warm:
		r.start()
		r.moves("in health", before)
		c.begin(r)
	case again:
		r.start()
		r.moves("in health", 1)
		before = r.safe().Number
		r.end(r.ended)
		c.begin(r)
		r.start()
	}
	r.shows(c.code, c.at)
	if c.second {
		r.moves("on the second endpoint", r.safe().Number)
	}
	before = max(before, r.safe().Number)
	if c.end != nil {
		c.end(r)
	}
	for _, p := range slices.Concat(r.l1, r.beacon, []*proxy{r.engine}) {
		p.clear()
	}
	r.moves("after the fault", before)
}

// TestEveryFaultIsInTheTable is about the table: what is not in it is not tested.
func TestEveryFaultIsInTheTable(t *testing.T) {
	names, shown := map[string]bool{}, map[eth.Fault]bool{}
	add := func(name string, codes ...eth.Fault) {
		if names[name] {
			t.Errorf("two cases are called %q", name)
		}
		names[name] = true
		for _, code := range codes {
			shown[code] = true
		}
	}
	for _, c := range slices.Concat(l1Conditions(), beaconConditions(), engineConditions()) {
		add(c.name, c.code)
	}
	for _, o := range others() {
		add(o.name, o.codes...)
	}
	declared := declaredFaults(t)
	for _, f := range declared {
		if !shown[f] {
			t.Errorf("no case shows %s", f)
		}
	}
	t.Logf("%d cases show %d of %d faults", len(names), len(shown), len(declared))
}

// declaredFaults reads the constants of type Fault from the source of package eth, so that a new one cannot be forgotten.
func declaredFaults(t *testing.T) (all []eth.Fault) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../eth/fault.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			if text, err := strconv.Unquote(value.(*ast.BasicLit).Value); err == nil {
				all = append(all, eth.Fault(text))
			}
		}
		return false
	})
	if len(all) < 30 {
		t.Fatalf("only %d faults found", len(all))
	}
	return all
}
