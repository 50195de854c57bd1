package p2p

import (
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// link is a way from one node to another: a TCP proxy that can be cut, slow or narrow. Nodes of a test dial nothing else
// (netrestrict), so that what they learn of each other's true addresses is no way around.
type link struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	cut   bool
	delay time.Duration
	rate  int // bytes per second; 0: any
	conns map[net.Conn]struct{}
	wg    sync.WaitGroup
}

// linkNet is where links listen; nodes listen to 127.0.0.1.
const linkNet = "127.0.1.0/24"

func newLink(t testing.TB, target string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.1.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	l.wg.Go(l.accept)
	t.Cleanup(l.close)
	return l
}

// addr is the multiaddr of the link without the peer.
func (l *link) addr() string {
	return fmt.Sprintf("/ip4/127.0.1.1/tcp/%d", l.listener.Addr().(*net.TCPAddr).Port)
}

func (l *link) accept() {
	for {
		in, err := l.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", l.target)
		if err != nil || !l.add(in, out) {
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			continue
		}
		l.wg.Go(func() { l.pipe(in, out) })
		l.wg.Go(func() { l.pipe(out, in) })
	}
}

func (l *link) add(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	for _, c := range conns {
		l.conns[c] = struct{}{}
	}
	return true
}

// set changes what the link is like, from now on.
func (l *link) set(cut bool, delay time.Duration, rate int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.delay, l.rate = cut, delay, rate
	if cut {
		for c := range l.conns {
			_ = c.Close()
		}
	}
}

func (l *link) close() {
	_ = l.listener.Close()
	l.set(true, 0, 0)
	l.wg.Wait()
}

// pipe passes one direction on: what was read is written when its time has come.
func (l *link) pipe(from, to net.Conn) {
	type piece struct {
		data []byte
		due  time.Time
	}
	pieces := make(chan piece, 64)
	l.wg.Go(func() {
		defer to.Close()
		for p := range pieces {
			if wait := time.Until(p.due); wait > 0 {
				<-time.After(wait)
			}
			if _, err := to.Write(p.data); err != nil {
				_, _ = io.Copy(io.Discard, from)
			}
		}
	})
	defer close(pieces)
	defer from.Close()
	var free time.Time // when a narrow link has passed on what it has
	for {
		buf := make([]byte, 16<<10)
		n, err := from.Read(buf)
		if err != nil {
			l.mu.Lock()
			delete(l.conns, from)
			l.mu.Unlock()
			return
		}
		l.mu.Lock()
		now := time.Now()
		if free.Before(now) {
			free = now
		}
		if l.rate > 0 {
			free = free.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
		}
		due := free.Add(l.delay)
		l.mu.Unlock()
		pieces <- piece{buf[:n], due}
	}
}
