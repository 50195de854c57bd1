package rpc_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/rpc"
)

func ExampleAdminState() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	state := rpc.AdminState{Path: filepath.Join(dir, "state.json")}
	_, known, _ := state.SequencerStarted()
	fmt.Println("known:", known)
	if err := state.SetSequencerStarted(true); err != nil {
		panic(err)
	}
	started, known, _ := state.SequencerStarted()
	fmt.Println("known:", known, "started:", started)
	// Output:
	// known: false
	// known: true started: true
}

func TestAdminStateReadsWhatOpNodeReads(t *testing.T) {
	for text, want := range map[string]string{
		`{"sequencerStarted":true}`: "true true", `{"sequencerStarted":false}` + "\n": "false true",
		`{}`: "false false", `{"sequencerStarted":null}`: "false false", // op-node: unset
		``: "error", `{`: "error", `[]`: "error", `{"sequencerStarted":"true"}`: "error", `{"sequencerStarted":true,"more":1}`: "error",
		`{"sequencerStarted":true}{}`: "error", // op-node reads on; nobody writes it
	} {
		s := rpc.AdminState{Path: filepath.Join(t.TempDir(), "state")}
		if err := os.WriteFile(s.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		started, known, err := s.SequencerStarted()
		got := fmt.Sprint(started, known)
		if err != nil {
			got = "error"
			if started || known || !strings.Contains(err.Error(), s.Path) {
				t.Errorf("%s: %t, %t, %v, want an error alone that names %s", text, started, known, err, s.Path)
			}
		}
		if got != want {
			t.Errorf("%s is %s (%v), want %s", text, got, err, want)
		}
		written := s.SetSequencerStarted(true)
		after, err := os.ReadFile(s.Path)
		if err != nil {
			t.Fatal(err)
		}
		if refused := want == "error"; refused != (written != nil) || refused && string(after) != text || !refused && string(after) != `{"sequencerStarted":true}` {
			t.Errorf("%s: writing gave %v and left %q", text, written, after)
		}
	}
}

func TestAdminStateIsReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	s := rpc.AdminState{Path: filepath.Join(dir, "some", "dir", "state")}
	for _, started := range []bool{true, false, true} {
		if err := s.SetSequencerStarted(started); err != nil {
			t.Fatal(err)
		}
		if got, known, err := s.SequencerStarted(); got != started || !known || err != nil {
			t.Errorf("%t is %t, %t, %v", started, got, known, err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(s.Path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := os.Remove(s.Path); err != nil {
		t.Fatal(err)
	}
	if err := s.SetSequencerStarted(false); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.Path+".tmp", 0o700); err != nil { // what cannot be written leaves the old
		t.Fatal(err)
	}
	if err := s.SetSequencerStarted(true); err == nil {
		t.Error("wrote through a directory")
	}
	if started, known, err := s.SequencerStarted(); started || !known || err != nil {
		t.Errorf("after a write that failed: %t, %t, %v", started, known, err)
	}
}
