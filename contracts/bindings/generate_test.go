package bindings_test

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi/abigen"
)

var rewrite = flag.Bool("rewrite", false, "write bindings.go instead of comparing it")

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
	if *rewrite {
		if err := os.WriteFile("bindings.go", []byte(generated), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	committed, err := os.ReadFile("bindings.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != generated {
		t.Error("bindings.go is not what abigen gives for the artifact: run go generate ./contracts/bindings")
	}
}
