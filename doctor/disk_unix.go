//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package doctor

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// access says whether files can be made in a directory.
func access(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }

// locked says whether another process has a lock on a file: one of POSIX, which only is asked about, or one of BSD, which
// has to be tried. Closing the file drops POSIX locks that this process has on it.
func locked(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if err := unix.FcntlFlock(file.Fd(), unix.F_GETLK, &lock); err != nil {
		return false, err
	}
	if lock.Type != unix.F_UNLCK {
		return true, nil
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB) //nolint:gosec // a file descriptor
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err // closing unlocks
}
