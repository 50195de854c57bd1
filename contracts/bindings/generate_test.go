package bindings_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi/abigen"

	"github.com/cairn-rollup/cairn/testkit/golden"
)

func TestBindingsAreWhatTheArtifactGives(t *testing.T) {
	raw, err := os.ReadFile("../artifacts/contracts.json")
	if err != nil {
		t.Fatal(err)
	}
	var artifact struct {
		Contracts map[string]struct {
			ABI json.RawMessage `json:"abi"`
		} `json:"contracts"`
	}
	if err := json.Unmarshal(raw, &artifact); err != nil {
		t.Fatal(err)
	}
	names := slices.Sorted(maps.Keys(artifact.Contracts))
	abis := make([]string, len(names))
	for i, name := range names {
		abis[i] = string(artifact.Contracts[name].ABI)
	}
	// No bytecode: the artifact is its only home.
	generated, err := abigen.BindV2(names, abis, make([]string, len(names)), "bindings", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	golden.File(t, "bindings.go", generated)
}
