package obs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// book is what was logged, as "message key=value".
type book struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *book) handler() slog.Handler {
	return slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
			return slog.Attr{}
		}
		return a
	}})
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

// read takes what was written since it was last asked.
func (b *book) read() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []string
	for line := range strings.Lines(b.out.String()) {
		lines = append(lines, strings.ReplaceAll(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "msg="), `"`, ""))
	}
	b.out.Reset()
	return lines
}

func (b *book) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := b.read(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// pass lets time pass, timers included.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestFold(t *testing.T) {
	refused := errors.New("connection refused")
	for name, script := range map[string]func(t *testing.T, log *slog.Logger, b *book, f *Folder){
		"the first is written at once, repeats when the window ends, with the last one's fields": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			for i := range 42 {
				log.Warn("no L1 block", "err", refused, "retry", i)
			}
			b.expect(t, "no L1 block err=connection refused retry=0")
			pass(30 * time.Second)
			b.expect(t, "no L1 block (repeated 41 times) err=connection refused retry=41")
		},
		"what goes on is one line for each window, what has stopped is forgotten": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			log.Warn("w")
			pass(time.Second)
			log.Warn("w")
			pass(29 * time.Second)
			b.expect(t, "w", "w (repeated 1 time)")
			log.Warn("w")
			pass(30 * time.Second)
			b.expect(t, "w (repeated 1 time)")
			pass(30 * time.Second)
			log.Warn("w")
			b.expect(t, "w")
		},
		"another state of the same message ends the counting": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			log.Warn("w", "err", refused)
			log.Warn("w", "err", refused)
			log.Warn("other")
			b.expect(t, "w err=connection refused", "other")
			log.Warn("w", "err", "no route")
			b.expect(t, "w (repeated 1 time) err=connection refused", "w err=no route")
		},
		"lines that alternate are all folded": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			for range 100 {
				log.Warn("w", "err", "a")
				log.Warn("w", "err", "b")
				log.Info("third")
			}
			pass(30 * time.Second)
			if got := b.read(); len(got) != 6 {
				t.Errorf("%q", got)
			}
		},
		"numbers of blocks, ports and hashes make no difference, answers of HTTP do": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			log.Warn("w", "err", "read 127.0.0.1:38492: block 0xab12…9f:1000")
			log.Warn("w", "err", "read 127.0.0.1:41003: block 0x77cd…1e:1001")
			b.expect(t, "w err=read 127.0.0.1:38492: block 0xab12…9f:1000")
			log.Warn("s", "err", "status 404")
			log.Warn("s", "err", "status 429")
			b.expect(t, "s err=status 404", "s err=status 429")
		},
		"levels and loggers are not the same": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			log.Warn("w")
			log.Error("w")
			log.With("node", "a").Warn("w")
			log.With("node", "b").Warn("w")
			log.With("node", "b").Warn("w")
			log.WithGroup("g").Warn("w", "k", 1)
			b.expect(t, "w", "w", "w node=a", "w node=b", "w g.k=1")
			pass(30 * time.Second)
			b.expect(t, "w (repeated 1 time) node=b")
		},
		"debug lines are whole": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			log.Debug("d")
			log.Debug("d")
			b.expect(t, "d", "d")
		},
		"what is written regularly is whole": func(t *testing.T, log *slog.Logger, b *book, _ *Folder) {
			for range 2 {
				log.InfoContext(whole(t.Context()), "status")
			}
			b.expect(t, "status", "status")
		},
		"flush loses nothing": func(t *testing.T, log *slog.Logger, b *book, f *Folder) {
			for range 3 {
				log.Warn("a")
				pass(time.Second)
				log.Warn("b")
			}
			log.Warn("c")
			f.Flush()
			b.expect(t, "a", "b", "c", "a (repeated 2 times)", "b (repeated 2 times)")
			pass(time.Minute)
			b.expect(t)
			log.Warn("a")
			b.expect(t, "a")
		},
		"lines beyond what is remembered are written as they come": func(t *testing.T, log *slog.Logger, b *book, f *Folder) {
			for range 2 {
				for i := range maxFolded + 10 {
					log.Warn(strings.Repeat("m", i+1)) //nolint:sloglint // as many messages as lines
				}
			}
			if got := b.read(); len(got) != maxFolded+20 {
				t.Errorf("%d lines", len(got))
			}
			if len(f.lines) != maxFolded {
				t.Errorf("%d remembered", len(f.lines))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var b book
				f := Fold(b.handler(), 30*time.Second)
				script(t, slog.New(f), &b, f)
				f.Flush()
			})
		})
	}
}

func TestFoldAsksWhetherALevelIsLogged(t *testing.T) {
	f := Fold(slog.NewTextHandler(&bytes.Buffer{}, &slog.HandlerOptions{Level: slog.LevelWarn}), time.Second)
	if f.Enabled(context.Background(), slog.LevelInfo) || !f.Enabled(context.Background(), slog.LevelWarn) {
		t.Error("levels are not those of the next handler")
	}
}

// However many log at once, each call is written or counted exactly once.
func TestFoldCountsEachLineOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const loggers, calls = 8, 500
		var b book
		f := Fold(b.handler(), time.Second)
		var all sync.WaitGroup
		for i := range loggers {
			log := slog.New(f).With("of", i%2)
			all.Go(func() {
				for j := range calls {
					log.Warn("w", "err", fmt.Sprint("e", string(rune('a'+j%3))))
					if j%50 == 0 {
						time.Sleep(100 * time.Millisecond)
					}
				}
			})
		}
		all.Wait()
		f.Flush()
		seen := 0
		for _, line := range b.read() {
			n := 1
			if _, times, ok := strings.Cut(line, "repeated "); ok {
				if _, err := fmt.Sscan(times, &n); err != nil {
					t.Fatal(line)
				}
			}
			seen += n
		}
		if seen != loggers*calls {
			t.Errorf("%d calls, %d written or counted", loggers*calls, seen)
		}
	})
}
