package realengine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/testkit/process"
)

// startChain runs a devnet with fast blocks and so many L1 blocks between its batches, and reads its table.
func startChain(t *testing.T, cairn, dir string, batchesEvery int) (info devnet.Info) {
	t.Helper()
	cmd := exec.Command(cairn, "devnet", "up", "--ports=auto", "--json", "--l1.block-time=2", "--l2.block-time=1", fmt.Sprintf("--batcher.max-wait=%d", batchesEvery),
		"--rollup-out="+filepath.Join(dir, "rollup.json"), "--genesis-out="+filepath.Join(dir, "genesis.json"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&info); err != nil {
		t.Fatalf("read the devnet's table: %v", err)
	}
	return info
}

// engine is a standalone op-geth at the genesis of startChain's chain.
type engine struct {
	*process.Process
	rpc, auth string // URLs of eth_* and admin_*, and of the Engine API
	secret    string // file
}

func newEngine(t *testing.T, geth, dir, name string) engine {
	t.Helper()
	data, secret := filepath.Join(dir, name), filepath.Join(dir, "jwt.hex")
	if err := os.WriteFile(secret, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(geth, "init", "--datadir", data, "--state.scheme=hash", filepath.Join(dir, "genesis.l2.json")).CombinedOutput(); err != nil {
		t.Fatalf("geth init: %v\n%s", err, out)
	}
	ports := process.FreePorts(t, 3)
	return engine{
		rpc: "http://127.0.0.1:" + ports[0], auth: "http://127.0.0.1:" + ports[1], secret: secret,
		Process: process.New(t, dir, name,
			geth, "--datadir", data, "--state.scheme=hash", "--gcmode=archive", "--syncmode=full", "--nodiscover", "--nat=none", "--port="+ports[2], "--ipcdisable",
			"--authrpc.addr=127.0.0.1", "--authrpc.port="+ports[1], "--authrpc.vhosts=*", "--authrpc.jwtsecret="+secret,
			"--http", "--http.addr=127.0.0.1", "--http.port="+ports[0], "--http.api=eth,admin", "--rollup.disabletxpoolgossip", "--cache=64",
		),
	}
}
