//go:build linux

package process

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// Process is a program that can be killed and started again with the same arguments.
type Process struct {
	Name string
	Log  string // file with all it has written, over all its lives
	t    *testing.T
	args []string
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// New prepares a program, its path first in args, that writes to a log file in dir.
func New(t *testing.T, dir, name string, args ...string) *Process {
	p := &Process{Name: name, Log: filepath.Join(dir, name+".log"), t: t, args: args}
	t.Cleanup(p.Kill)
	return p
}

// Start begins a life of the program.
func (p *Process) Start() {
	p.t.Helper()
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the program has it open for itself
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		p.t.Fatalf("start %s: %v", p.Name, err)
	}
	done := make(chan struct{})
	p.cmd, p.done = cmd, done
	go func() {
		defer close(done)
		_ = cmd.Wait() // a killed process always fails
	}()
}

// Kill ends it with SIGKILL, if it runs, and waits until it is gone.
func (p *Process) Kill() {
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// Ended says whether its life is over.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Last gives the last lines of a log file, or says why it cannot.
func Last(path string, lines int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	all := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(all[max(0, len(all)-lines):], []byte("\n")))
}

// FreePorts finds ports of the loopback interface that nobody listens on now.
func FreePorts(t *testing.T, count int) (ports []string) {
	t.Helper()
	for range count {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports
}

// Binary is a program named by an environment variable, which a target of make sets. Without it the test is skipped.
func Binary(t *testing.T, variable, target string) string {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		t.Skipf("%s names no binary: run make %s", variable, target)
	}
	return path
}
