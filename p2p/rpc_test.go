package p2p

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// serveRPC gives a client of the namespaces that a node with gossip has.
func serveRPC(t *testing.T, n *Node) *rpc.Client {
	t.Helper()
	server := rpc.NewServer()
	t.Cleanup(server.Stop)
	if err := server.RegisterName("opp2p", NewRPC(n)); err != nil {
		t.Fatal(err)
	}
	client := rpc.DialInProc(server)
	t.Cleanup(client.Close)
	return client
}

// steady replaces in JSON what differs from run to run: ports, times, and the order of protocols.
func steady(text string) string {
	text = regexp.MustCompile(`/(tcp|udp)/\d+`).ReplaceAllString(text, "/$1/PORT")
	text = regexp.MustCompile(`enr:[-\w]+`).ReplaceAllString(text, "enr:RECORD")
	text = regexp.MustCompile(`"latency":\d+`).ReplaceAllString(text, `"latency":0`)
	return regexp.MustCompile(`"protocols":\[[^\]]*\]`).ReplaceAllStringFunc(text, func(list string) string {
		names := strings.Split(strings.TrimSuffix(strings.TrimPrefix(list, `"protocols":[`), "]"), ",")
		slices.Sort(names)
		return `"protocols":[` + strings.Join(names, ",") + "]"
	})
}

// testdata/opp2p.txt has the calls, in turn, and the answers, in op-node's shapes. Lines that begin with # connect
// both nodes, wait until they are not, or check what no answer tells.
func TestOpp2pAnswersAsOpNode(t *testing.T) {
	const path = "testdata/opp2p.txt"
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	clock := newClock()
	cfg := testConfig(t, isthmusChain(), clock.now)
	cfg.PrivRaw, cfg.Scoring, cfg.Ping, cfg.NoDiscovery = keyOf(1), "none", false, false
	a := openNode(t, cfg)
	cfg = testConfig(t, isthmusChain(), clock.now)
	cfg.PrivRaw, cfg.Scoring, cfg.Ping, cfg.UserAgent = keyOf(2), "none", false, "other"
	b := openNode(t, cfg)
	client, without := serveRPC(t, a), serveRPC(t, b)
	names := strings.NewReplacer("ADDR", addrOf(b), "B", b.host.ID().String())

	var got bytes.Buffer
	called := map[string]bool{}
	for lines := bufio.NewScanner(bytes.NewReader(want)); lines.Scan(); {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "<"):
			continue
		case line == "# connected":
			connect(t, a, b)
			meshed(t, 1, gossip.V4, a, b)
			for _, version := range gossip.Versions() {
				eventually(t, "subscribed", func() bool { return a.Status().Topics[version] == 1 })
			}
		case line == "# disconnected":
			eventually(t, "disconnected", func() bool { return !connected(a, b.host.ID()) && !connected(b, a.host.ID()) })
		case line == "# protected", line == "# unprotected":
			if got := a.host.ConnManager().IsProtected(b.host.ID(), apiTag); got != (line == "# protected") {
				t.Errorf("%s: protected by hand: %t", line, got)
			}
		case strings.HasPrefix(line, "> "):
			method, params, _ := strings.Cut(line[2:], " ")
			to := client
			if method == "without-discovery" {
				to = without
				method, params, _ = strings.Cut(params, " ")
			}
			var args []any
			if params != "" {
				if err := json.Unmarshal([]byte(names.Replace(params)), &args); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
			}
			var answer json.RawMessage
			if err := to.CallContext(t.Context(), &answer, method, args...); err != nil {
				answer = fmt.Appendf(nil, "error: %s", err)
			} else {
				called[method] = true
			}
			line += "\n< " + steady(string(answer))
		}
		got.WriteString(line + "\n")
	}
	golden.File(t, "testdata/opp2p.txt", got.String())

	methods := 0
	for m := range reflect.TypeOf(NewRPC(a)).Methods() {
		name := []rune(m.Name)
		name[0] = unicode.ToLower(name[0])
		if methods++; !called["opp2p_"+string(name)] {
			t.Errorf("opp2p_%s has no call with a result in %s", string(name), path)
		}
	}
	if methods != 17 {
		t.Errorf("%d methods, op-node has 17", methods)
	}
}
