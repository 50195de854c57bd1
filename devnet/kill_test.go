package devnet_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// childDir tells a copy of the test program that it is the devnet to be killed, and where its data is.
const childDir = "CAIRN_TEST_KILLED_DEVNET"

// TestKilledDevnetResumes runs a devnet in another process, kills it with -9 under load, and reopens its data directory:
// nothing that anybody was told is lost, and the verifier gets over it.
func TestKilledDevnetResumes(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		beKilled(t, dir)
		return
	}
	if testing.Short() {
		t.Skip("runs a devnet twice")
	}
	dir := t.TempDir()
	told := killUnderLoad(t, dir)

	cfg := testConfig()
	cfg.DataDir = dir
	w := start(t, cfg)
	last := told[len(told)-1]
	if head := w.sync(w.seqNode).UnsafeL2.Number; head < last.Number {
		t.Errorf("the unsafe head is %d, the killed process had told %d", head, last.Number)
	}
	transactions := uint(0)
	for _, id := range told {
		if got := w.hash(w.seq, id.Number); got != id.Hash {
			t.Fatalf("block %d is %s, the killed process had told %s", id.Number, got, id.Hash)
		}
		n, err := w.seq.TransactionCount(t.Context(), id.Hash)
		if err != nil {
			t.Fatal(err)
		}
		transactions += n - 1 // without the L1 info deposit
	}
	if transactions == 0 {
		t.Error("the blocks had no transactions of users: the test shows nothing")
	}
	w.eventually("the chain goes on and the verifier's safe head passes what was told", func() bool {
		return w.sync(w.verNode).SafeL2.Number > last.Number
	})
	if got := w.hash(w.ver, last.Number); got != last.Hash {
		t.Errorf("the verifier has block %d as %s, the killed process had told %s", last.Number, got, last.Hash)
	}
	w.compare()
}

// killUnderLoad starts the copy, and kills it once it has told enough. It returns what it told.
func killUnderLoad(t *testing.T, dir string) (told []eth.BlockID) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilledDevnetResumes$", "-test.v")
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	const blocks = 5
	for lines := bufio.NewScanner(out); len(told) < blocks && lines.Scan(); {
		var id eth.BlockID
		var hash string
		if n, _ := fmt.Sscanf(lines.Text(), "TOLD %d %s", &id.Number, &hash); n == 2 {
			id.Hash = common.HexToHash(hash)
			told = append(told, id)
		}
		log.WriteString(lines.Text() + "\n")
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	err = child.Wait()
	if len(told) < blocks {
		t.Fatalf("the devnet to be killed ended by itself: %v\n%s", err, &log)
	}
	return told
}

// beKilled runs a devnet with load and tells each unsafe head, from the third block on, until it is killed.
func beKilled(t *testing.T, dir string) {
	t.Helper()
	cfg := testConfig()
	cfg.DataDir = dir
	w := start(t, cfg)
	var sent atomic.Int64
	go w.load(t.Context(), 1, &sent)
	var head uint64
	w.eventually("the end", func() bool {
		if s := w.sync(w.seqNode).UnsafeL2; s.Number > max(head, 2) {
			head = s.Number
			fmt.Printf("TOLD %d %s\n", s.Number, s.Hash)
		}
		return false
	})
}
