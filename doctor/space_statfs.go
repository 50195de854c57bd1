//go:build linux || darwin || freebsd

package doctor

import "golang.org/x/sys/unix"

// freeBytes is the room that this user has on the disk of a directory.
func freeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	//nolint:gosec,unconvert // the types differ between systems; none is negative unless the disk is overfull
	return uint64(max(s.Bavail, 0)) * uint64(s.Bsize), nil
}
