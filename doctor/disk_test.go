//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package doctor_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cairn-rollup/cairn/doctor"
)

// lockVariable makes the test binary a process that holds a lock until its input ends.
const lockVariable = "CAIRN_TEST_LOCK"

func TestMain(m *testing.M) {
	kind, path, ok := strings.Cut(os.Getenv(lockVariable), ":")
	if !ok {
		os.Exit(m.Run())
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil && kind == "posix" {
		err = unix.FcntlFlock(file.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
	} else if err == nil {
		err = unix.Flock(int(file.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		panic(err)
	}
	os.Stdout.WriteString("locked\n")
	os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// Databases lock a file named LOCK in their directory, in one of two ways.
func TestADataDirectoryInUseIsFound(t *testing.T) {
	for _, kind := range []string{"posix", "flock"} {
		t.Run(kind, func(t *testing.T) {
			w := newWorld(t)
			dir := filepath.Join(w.cfg.DataDir, "safedb")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, "LOCK")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			all, _ := w.examine(t)
			if f := of(all, doctor.DiskLocked)[0]; f.Level != doctor.OK || f.Text != "no other process uses it" {
				t.Errorf("not locked: %+v", f)
			}
			holder := exec.CommandContext(t.Context(), os.Args[0])
			holder.Env = append(os.Environ(), lockVariable+"="+kind+":"+path)
			stdin, err := holder.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := holder.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := holder.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := stdout.Read(make([]byte, 7)); err != nil {
				t.Fatal(err)
			}
			all, v := w.examine(t)
			if f := of(all, doctor.DiskLocked)[0]; f.Level != doctor.Fail || !strings.Contains(f.Text, "safedb/LOCK is held by another process") || v.Level != doctor.Fail {
				t.Errorf("locked: %+v", f)
			}
			stdin.Close()
			if err := holder.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}
