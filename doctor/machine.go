package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// How far the clock may be off. An engine refuses tokens that are off by a minute.
const (
	skewWarn = 5 * time.Second
	skewFail = 30 * time.Second
)

// examineClock compares this machine's clock with those of the endpoints, and with L1's head, which is never in the future.
func (e *examination) examineClock(ctx context.Context) {
	for _, p := range e.l1 {
		p.touched.wait(ctx)
	}
	for _, b := range e.beacons {
		b.touched.wait(ctx)
	}
	e.engine.touched.wait(ctx)
	p, need := e.anyL1.wait(ctx)
	var head *block
	if need == "" {
		head, _ = p.head.wait(ctx)
	}
	e.dates.mu.Lock()
	ahead := maps.Clone(e.dates.ahead)
	e.dates.mu.Unlock()
	e.check(ctx, ClockSkew, "", func(context.Context) result {
		future := time.Duration(0)
		if head != nil {
			future = max(0, -e.age(head.Time))
		}
		if len(ahead) == 0 && head == nil {
			return skip("an endpoint that tells the time")
		}
		return skew(ahead, future)
	})
}

// skew judges by the middle of what the endpoints say, so that one of them cannot mislead.
func skew(ahead map[string]time.Duration, headAhead time.Duration) result {
	all := slices.Sorted(maps.Values(ahead))
	behind := headAhead // at least
	if len(all) > 0 {
		behind = all[(len(all)-1)/2]
		if other := all[len(all)/2]; other.Abs() < behind.Abs() {
			behind = other
		}
	}
	const fix = "set this machine's clock by NTP (timedatectl set-ntp true, or chrony)"
	text := fmt.Sprintf("this machine's clock is %s behind", short(behind))
	if behind < 0 {
		text = fmt.Sprintf("this machine's clock is %s ahead", short(-behind))
	}
	text += fmt.Sprintf(", by %d endpoints", len(all))
	if len(all) == 0 {
		text = fmt.Sprintf("L1's head is %s in the future of this machine's clock", short(behind))
	}
	switch {
	case behind.Abs() > skewFail:
		return fail(fix, "%s", text)
	case behind.Abs() > skewWarn:
		return warn(fix, "%s", text)
	}
	var odd []string
	for _, name := range slices.Sorted(maps.Keys(ahead)) {
		if d := ahead[name]; d.Abs() > skewFail {
			odd = append(odd, fmt.Sprintf("; that of %s is %s off", name, short(d.Abs())))
		}
	}
	return ok("within %s of %d endpoints%s", short(skewWarn), max(len(all)-len(odd), 0), strings.Join(odd, ""))
}

// How much room a node's own data needs: verified blocks and blobs since the finalized head, and an index.
const (
	spaceFail = 1_000_000_000
	spaceWarn = 10_000_000_000
)

func (e *examination) examineDisk(ctx context.Context) {
	ids := []string{DiskWritable, DiskLocked, DiskSpace}
	if e.cfg.DataDir == "" {
		e.skip("", "a data directory: without one, nothing is kept", ids...)
		return
	}
	dir := existing(e.cfg.DataDir)
	if e.check(ctx, DiskWritable, "", func(context.Context) result { return diskWritable(e.cfg.DataDir, dir) }) == Fail {
		e.skip("", DiskWritable, ids[1:]...)
		return
	}
	e.check(ctx, DiskLocked, "", func(context.Context) result { return diskLocked(e.cfg.DataDir) })
	e.check(ctx, DiskSpace, "", func(context.Context) result { return diskSpace(dir) })
}

// existing is a directory, or the closest one above it that is there.
func existing(dir string) string {
	for {
		if _, err := os.Lstat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func diskWritable(dir, there string) result {
	info, err := os.Stat(there)
	switch {
	case err != nil:
		return fail("correct --datadir", "%s", err)
	case !info.IsDir():
		return fail("correct --datadir", "%s is no directory", there)
	}
	if err := access(there); err != nil {
		return fail(fmt.Sprintf("let this user write there (chown, chmod, or remount %s), or correct --datadir", there), "%s: %s", there, err)
	}
	if there != dir {
		return ok("%s will be made", dir)
	}
	return ok("%s", dir)
}

func diskSpace(dir string) result {
	free, err := freeBytes(dir)
	const fix = "make room, or give --datadir a larger disk"
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return skip("an operating system that tells the free space")
	case err != nil:
		return fail("see what is wrong with that disk", "%s: %s", dir, err)
	case free < spaceFail:
		return fail(fix, "%s free", size(free))
	case free < spaceWarn:
		return warn(fix, "%s free", size(free))
	}
	return ok("%s free", size(free))
}

// diskLocked looks at the lock files of the databases in a data directory, which is at most two levels deep.
func diskLocked(dir string) result {
	const most = 1000 // entries looked at
	seen, locks := 0, 0
	var holder string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if path == dir && errors.Is(err, fs.ErrNotExist) {
				return filepath.SkipAll
			}
			return err
		}
		if seen++; seen > most {
			return filepath.SkipAll
		}
		if entry.IsDir() {
			if rel, err := filepath.Rel(dir, path); err == nil && strings.Count(rel, string(filepath.Separator)) >= 2 {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.Name() != "LOCK" || !entry.Type().IsRegular() {
			return nil
		}
		locks++
		held, err := locked(path)
		if held {
			holder = path
			return filepath.SkipAll
		}
		return err
	})
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return skip("an operating system that tells locks")
	case holder != "":
		return fail("end the process that uses it (is a node running already?), or give --datadir another directory",
			"%s is held by another process", holder)
	case err != nil:
		return fail("let this user read the data directory", "%s", err)
	case locks == 0:
		return ok("nothing is in it yet")
	}
	return ok("no other process uses it")
}
