//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package doctor

import "errors"

func access(string) error { return nil }

func locked(string) (bool, error) { return false, errors.ErrUnsupported }
