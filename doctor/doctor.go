package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/rollup"
)

// How long an examination takes at most, and one request or set of requests in it.
const (
	DefaultTimeout      = 14 * time.Second
	DefaultCheckTimeout = 4 * time.Second
)

// Config is what a node would be started with.
type Config struct {
	Rollup       *rollup.Config      // has passed Check
	BlobSchedule rollup.BlobSchedule // of the L1; nil: not compared

	L1           []string    // execution RPCs: http, https, ws, wss, or an IPC path
	Beacons      []string    // Beacon APIs, the preferred one first
	BeaconHeader http.Header // sent with every request to the first of them
	FetchAll     bool        // ask for all blobs of a slot, for beacon nodes that cannot pick
	SlotSeconds  uint64      // of an L1 slot; 0: the Beacon API is asked

	Engine    string // Engine API: http, https, ws, wss, or an IPC path; "": the node brings its own
	JWTSecret string // path of the file with the secret

	DataDir string // "": nothing is kept on disk
	Ports   []Port // to be bound

	Timeout      time.Duration    // of everything; 0: DefaultTimeout
	CheckTimeout time.Duration    // of one check; 0: DefaultCheckTimeout
	Now          func() time.Time // nil: time.Now
}

// Examine does all checks, side by side where they do not need each other. It calls report once for each finding, in the
// order in which they come, from its own goroutine. It returns when all are there or the time is up; a check that has not
// ended by then has failed. It must not run in a process that has the data directory open: that would drop its locks.
func Examine(ctx context.Context, cfg Config, report func(Finding)) Verdict {
	began := time.Now()
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	if cfg.CheckTimeout == 0 {
		cfg.CheckTimeout = DefaultCheckTimeout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	e := newExamination(cfg)
	e.start(ctx)

	verdict := Verdict{Level: OK, Count: map[Level]int{}}
	tell := func(f Finding) {
		verdict.add(f)
		report(f)
	}
	for open := len(e.plan); open > 0; open-- {
		select {
		case f := <-e.findings:
			delete(e.open, key{f.Check, f.Of})
			tell(f)
			continue
		case <-ctx.Done():
		}
		break
	}
	for len(e.findings) > 0 && len(e.open) > 0 { // those that ended with the time
		f := <-e.findings
		delete(e.open, key{f.Check, f.Of})
		tell(f)
	}
	for _, k := range e.plan {
		if e.open[k] {
			tell(Finding{
				Check: k.check, Of: k.of, Level: Fail, Text: fmt.Sprintf("not done within %s", cfg.Timeout),
				Fix: "see what is slow above, and try again", Took: time.Since(began),
			})
		}
	}
	verdict.Took = time.Since(began)
	return verdict
}

// key names one line of the plan.
type key struct{ check, of string }

// result is a finding without what all findings have.
type result struct {
	level     Level
	text, fix string
}

func ok(format string, args ...any) result { return result{OK, fmt.Sprintf(format, args...), ""} }
func warn(fix, format string, args ...any) result {
	return result{Warn, fmt.Sprintf(format, args...), fix}
}

func fail(fix, format string, args ...any) result {
	return result{Fail, fmt.Sprintf(format, args...), fix}
}
func skip(need string) result { return result{Skip, "needs " + need, ""} }

// later is a value that one goroutine finds and others wait for.
type later[T any] struct {
	done  chan struct{}
	once  sync.Once
	value T
	need  string // what is missing, if there is no value
}

func newLater[T any]() *later[T] { return &later[T]{done: make(chan struct{})} }

func (l *later[T]) give(value T) { l.once.Do(func() { l.value = value; close(l.done) }) }

func (l *later[T]) lack(need string) { l.once.Do(func() { l.need = need; close(l.done) }) }

// wait gives the value, or the check without which there is none.
func (l *later[T]) wait(ctx context.Context) (value T, need string) {
	select {
	case <-l.done:
		return l.value, l.need
	case <-ctx.Done():
		return value, "more time"
	}
}

// examination is one run. Its fields are set before it starts; what comes later is in a later.
type examination struct {
	cfg      Config
	plan     []key
	open     map[key]bool // owned by Examine
	findings chan Finding // has room for the whole plan
	hidden   []string     // never shown

	l1      []*l1Endpoint
	beacons []*beaconEndpoint
	engine  *engineEndpoint

	anyL1  *later[*l1Endpoint] // the first that is of the right chain
	from   *later[start]       // how far back a start reads
	recent *later[search]      // a blob of late to ask for
	old    *later[search]      // a blob as old as a start may need
	kzg    *later[struct{}]    // the trusted setup is loaded
	dates  dates
}

func newExamination(cfg Config) *examination {
	e := &examination{
		cfg: cfg, open: make(map[key]bool),
		anyL1: newLater[*l1Endpoint](), from: newLater[start](), recent: newLater[search](), old: newLater[search](), kzg: newLater[struct{}](),
		dates: dates{now: cfg.Now, ahead: make(map[string]time.Duration), took: make(map[string]time.Duration)},
	}
	for i, name := range names(cfg.L1) {
		e.l1 = append(e.l1, newL1Endpoint(cfg.L1[i], name))
	}
	header, flag := cfg.BeaconHeader, beaconFlag
	for i, name := range names(cfg.Beacons) {
		e.beacons = append(e.beacons, newBeaconEndpoint(cfg.Beacons[i], name, flag, header))
		flag = fallbackFlag
		header = nil // it is usually a key, and the others are other people's
	}
	e.engine = newEngineEndpoint(cfg.Engine, names([]string{cfg.Engine})[0])
	e.hidden = secrets(cfg)
	e.makePlan()
	return e
}

// makePlan lists the checks in the order in which a person would go through them.
func (e *examination) makePlan() {
	add := func(of string, checks ...string) {
		for _, check := range checks {
			e.plan = append(e.plan, key{check, of})
		}
	}
	add("", ConfigForks)
	for _, p := range e.l1 {
		add(p.name, L1Reachable, L1ChainID, L1Synced, L1ArchiveDepth, L1Origin, L1Receipts, L1BlobSchedule)
	}
	add("", L1Agree)
	for _, b := range e.beacons {
		add(b.name, BeaconReachable, BeaconClock, BeaconSynced, BeaconRecentBlob, BeaconOldBlob)
	}
	if e.cfg.Engine != "" {
		add(e.engine.name, EngineReachable, EngineJWT, EngineChainID, EngineGenesis, EngineKind, EngineSync, EngineMethods, ForksSchedule)
	}
	add("", ContractsSystemConfig, ContractsPortal, ContractsAgree, BatcherActive, ClockSkew, DiskWritable, DiskLocked, DiskSpace)
	for _, port := range e.cfg.Ports {
		add(port.name(), PortsFree)
	}
	e.findings = make(chan Finding, len(e.plan))
	for _, k := range e.plan {
		e.open[k] = true
	}
}

// start starts everything. What needs something waits for it.
func (e *examination) start(ctx context.Context) {
	for _, p := range e.l1 {
		go e.examineL1(ctx, p)
	}
	go e.chooseL1(ctx)
	for _, b := range e.beacons {
		go e.examineBeacon(ctx, b)
	}
	go e.examineEngine(ctx)
	go e.examineHistory(ctx)
	go e.examineAgreement(ctx)
	if len(e.beacons) > 0 {
		go e.prepareKZG()
		go e.examineBlobs(ctx)
	}
	go e.examineContracts(ctx)
	go e.examineClock(ctx)
	go e.examineDisk(ctx)
	go e.examinePorts(ctx)
	go e.check(ctx, ConfigForks, "", func(context.Context) result { return forksSupported(e.cfg.Rollup) })
}

// forksSupported says whether this program has the rules of the chain.
func forksSupported(cfg *rollup.Config) result {
	if err := derive.CheckSupported(cfg); err != nil {
		return fail("use a version of cairn that knows this chain's rules, or correct the rollup configuration", "%s", err)
	}
	return ok("this version has all rules of chain %s", cfg.L2ChainID)
}

// check does one check in its own time and reports what it finds. It gives the level.
func (e *examination) check(ctx context.Context, id, of string, do func(context.Context) result) Level {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, e.cfg.CheckTimeout)
	defer cancel()
	r := do(ctx)
	e.emit(id, of, r, time.Since(began))
	return r.level
}

// skip reports checks that cannot be done.
func (e *examination) skip(of, need string, ids ...string) {
	for _, id := range ids {
		e.emit(id, of, skip(need), 0)
	}
}

func (e *examination) emit(id, of string, r result, took time.Duration) {
	e.findings <- Finding{Check: id, Of: of, Level: r.level, Text: e.clean(r.text), Fix: e.clean(r.fix), Took: took}
}

// mostText bounds a text, in characters.
const mostText = 600

// clean makes a text fit to be shown: no secrets, one line, nothing that a terminal would obey.
func (e *examination) clean(text string) string {
	for _, secret := range e.hidden {
		text = strings.ReplaceAll(text, secret, "…")
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > mostText {
		return string(runes[:mostText-1]) + "…"
	}
	return text
}

// sources does one check at several endpoints of which one that is well is enough: the fault of another is a warning then.
func (e *examination) sources(
	ctx context.Context, id string, of []string, prepare func(context.Context, int) (need string), do func(context.Context, int) result,
) {
	type outcome struct {
		result
		took time.Duration
	}
	outcomes := make([]outcome, len(of))
	var group sync.WaitGroup
	for i := range of {
		group.Go(func() {
			if need := prepare(ctx, i); need != "" {
				outcomes[i] = outcome{result: skip(need)}
				return
			}
			began := time.Now()
			timed, cancel := context.WithTimeout(ctx, e.cfg.CheckTimeout)
			defer cancel()
			outcomes[i] = outcome{do(timed, i), time.Since(began)}
		})
	}
	group.Wait()
	well := slices.IndexFunc(outcomes, func(o outcome) bool { return o.level == OK })
	for i, o := range outcomes {
		if o.level == Fail && well >= 0 {
			o.level = Warn
			o.text += fmt.Sprintf("; %s has it", of[well])
		}
		e.emit(id, of[i], o.result, o.took)
	}
}
