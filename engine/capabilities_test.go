package engine

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Every method of RULES 7.9.
var allMethods = []string{
	"engine_forkchoiceUpdatedV1", "engine_forkchoiceUpdatedV2", "engine_forkchoiceUpdatedV3",
	"engine_getPayloadV2", "engine_getPayloadV3", "engine_getPayloadV4", "engine_getPayloadV5",
	"engine_newPayloadV2", "engine_newPayloadV3", "engine_newPayloadV4",
}

func without(all []string, some ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(m string) bool { return slices.Contains(some, m) })
}

func TestMethodsAreCheckedForThisForkAndTheNext(t *testing.T) {
	cfg := testConfig()
	unscheduled := testConfig()
	unscheduled.SetTime(rollup.Karst, nil)
	unscheduled.SetTime(rollup.Lagoon, nil)
	genesis := &rollup.Config{BlockTime: 2}
	cases := []struct {
		name  string
		cfg   *rollup.Config
		now   uint64
		have  []string
		fails []string
		later []Missing
	}{
		{"everything at genesis", cfg, 0, allMethods, nil, nil},
		{"everything at the last fork", cfg, forkTime(rollup.Lagoon), allMethods, nil, nil},
		{"no list says nothing", cfg, 0, nil, nil, nil},
		{"an empty list says nothing", cfg, 0, []string{}, nil, nil},
		{"forkchoiceUpdatedV3 is needed from the start", genesis, 0, without(allMethods, "engine_forkchoiceUpdatedV3"), []string{"fork bedrock needs engine_forkchoiceUpdatedV3"}, nil},
		{"old methods are not needed later", cfg, forkTime(rollup.Isthmus), without(allMethods, allMethods[0], allMethods[1], "engine_getPayloadV2", "engine_newPayloadV2", "engine_getPayloadV3", "engine_newPayloadV3"), nil, nil},
		{"getPayloadV5 before Karst", cfg, forkTime(rollup.Karst) - 1, without(allMethods, "engine_getPayloadV5"), nil, []Missing{{rollup.Karst, forkTime(rollup.Karst), "engine_getPayloadV5"}}},
		{"getPayloadV5 from Karst on, V4 is not enough", cfg, forkTime(rollup.Karst), without(allMethods, "engine_getPayloadV5"), []string{"fork karst needs engine_getPayloadV5"}, nil},
		{"getPayloadV5 where Karst is not scheduled", unscheduled, forkTime(rollup.Lagoon), without(allMethods, "engine_getPayloadV5"), nil, nil},
		{"now and later", cfg, forkTime(rollup.Ecotone), without(allMethods, "engine_newPayloadV3", "engine_newPayloadV4", "engine_getPayloadV5"), []string{"fork ecotone needs engine_newPayloadV3"}, []Missing{
			{rollup.Isthmus, forkTime(rollup.Isthmus), "engine_newPayloadV4"}, {rollup.Karst, forkTime(rollup.Karst), "engine_getPayloadV5"},
		}},
		{"the fork that is active is named, not the one that brought the method", cfg, forkTime(rollup.Granite), without(allMethods, "engine_newPayloadV3"), []string{"fork granite needs engine_newPayloadV3"}, nil},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			later, err := CheckMethods(tc.cfg, tc.now, tc.have)
			if (err != nil) != (tc.fails != nil) {
				t.Fatalf("error %v", err)
			}
			if err != nil && eth.FaultOf(err) != eth.EngineOutdated {
				t.Errorf("fault %q", eth.FaultOf(err))
			}
			for _, says := range tc.fails {
				if !strings.Contains(err.Error(), says) {
					t.Errorf("%q does not say %q", err, says)
				}
			}
			if !slices.Equal(later, tc.later) {
				t.Errorf("later %v, want %v", later, tc.later)
			}
		})
	}
}

func TestCapabilitiesAreExchanged(t *testing.T) {
	cfg := testConfig()
	f, c := newFake(t, cfg)
	f.answers["engine_exchangeCapabilities"] = []string{"engine_a", "engine_b"}
	got, err := c.Capabilities(t.Context())
	if err != nil || !slices.Equal(got, []string{"engine_a", "engine_b"}) {
		t.Errorf("%v: %v", got, err)
	}
	var told []string
	mustUnmarshal(t, f.args["engine_exchangeCapabilities"][0], &told)
	if !slices.Equal(told, allMethods) {
		t.Errorf("the engine was told %v", told)
	}
	for name, tc := range map[string]struct {
		answer any
		fault  eth.Fault
	}{
		"not served":    {codedError{code: -32601}, ""},
		"null":          {nil, ""},
		"another error": {errors.New("no"), eth.EngineError},
		"no list":       {"engine_a", eth.EngineError},
		"numbers":       {[]int{1}, eth.EngineError},
	} {
		f.answers["engine_exchangeCapabilities"] = tc.answer
		if got, err := c.Capabilities(t.Context()); got != nil && err == nil || eth.FaultOf(err) != tc.fault || (err != nil) != (tc.fault != "") {
			t.Errorf("%s: %v: %v", name, got, err)
		}
	}
}

func TestKindOfAnEngineIsReadFromItsVersion(t *testing.T) {
	type list = []clientVersion
	unserved := codedError{code: -32601}
	cases := []struct {
		web3, engine any
		kind         Kind
		text         string
	}{
		{"Geth/v1.101702.3-stable-abc/linux-amd64/go1.24", nil, OpGeth, "Geth/v1.101702.3-stable-abc/linux-amd64/go1.24"},
		{"op-geth/v1.2", nil, OpGeth, "op-geth/v1.2"},
		{"reth/v1.9.3-27a8c0f/x86_64-unknown-linux-gnu", nil, OpReth, "reth/v1.9.3-27a8c0f/x86_64-unknown-linux-gnu"},
		{"op-reth/v2.3.2", nil, OpReth, "op-reth/v2.3.2"},
		{"erigon/2.61.3/linux-amd64/go1.22", nil, OpErigon, "erigon/2.61.3/linux-amd64/go1.22"},
		{"Nethermind/v1.31.0/linux-x64/dotnet9", nil, Nethermind, "Nethermind/v1.31.0/linux-x64/dotnet9"},
		{"besu/v25/geth-compatible", nil, Other, "besu/v25/geth-compatible"},
		{unserved, list{{Code: "GE", Name: "go-ethereum", Version: "1.17"}}, OpGeth, "go-ethereum/1.17"},
		{unserved, list{{Code: "RH", Name: "Reth", Version: "v1.9"}}, OpReth, "Reth/v1.9"},
		{unserved, list{}, Other, ""},
		{unserved, unserved, Other, ""},
	}
	for _, tc := range cases {
		f, c := newFake(t, testConfig())
		f.answers["web3_clientVersion"], f.answers["engine_getClientVersionV1"] = tc.web3, tc.engine
		got, err := c.Version(t.Context())
		if err != nil || got != (Version{tc.kind, tc.text}) {
			t.Errorf("%v, %v: %+v: %v", tc.web3, tc.engine, got, err)
		}
	}
	f, c := newFake(t, testConfig())
	f.answers["web3_clientVersion"] = codedError{code: -32000}
	if _, err := c.Version(t.Context()); eth.FaultOf(err) != eth.EngineError {
		t.Errorf("fault %q: %v", eth.FaultOf(err), err)
	}
}
