package rpc_test

import (
	"context"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ethereum/go-ethereum/common"
	gethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rpc"
)

// switchboard is a sequencer that notes what it is told.
type switchboard struct {
	head   common.Hash
	active bool
}

func (s *switchboard) StartSequencer(_ context.Context, head common.Hash) error {
	switch {
	case s.active:
		return errors.New("sequencer already running")
	case head != s.head:
		return errors.New("block hash does not match: head " + s.head.Hex() + ":9, received " + head.Hex())
	}
	s.active = true
	return nil
}

func (s *switchboard) StopSequencer(context.Context) (common.Hash, error) {
	if !s.active {
		return common.Hash{}, errors.New("sequencer not running")
	}
	s.active = false
	return s.head, nil
}

func (s *switchboard) admin() rpc.Admin {
	return rpc.Admin{Sequencer: s, Active: func() bool { return s.active }}
}

func TestAdminSwitchesTheSequencer(t *testing.T) {
	s := &switchboard{head: hash(9)}
	c := dial(t, serve(t, map[string]any{"admin": s.admin().API()}))
	if got := raw(t, c, "admin_sequencerActive"); string(got) != "false" {
		t.Errorf("active: %s", got)
	}
	if err := c.CallContext(t.Context(), nil, "admin_startSequencer", hash(8)); err == nil || !strings.Contains(err.Error(), "block hash does not match") {
		t.Errorf("start on another head: %v", err)
	}
	if got := raw(t, c, "admin_startSequencer", hash(9)); string(got) != "null" {
		t.Errorf("start: %s", got)
	}
	if got := raw(t, c, "admin_sequencerActive"); string(got) != "true" {
		t.Errorf("active: %s", got)
	}
	if got := raw(t, c, "admin_stopSequencer"); string(got) != `"`+hash(9).Hex()+`"` || s.active {
		t.Errorf("stop: %s, active %t", got, s.active)
	}
	if err := c.CallContext(t.Context(), nil, "optimism_version"); err == nil {
		t.Error("a namespace that was not given answers")
	}
}

func TestWhatWasSwitchedIsRemembered(t *testing.T) {
	s := &switchboard{head: hash(9)}
	admin := s.admin()
	admin.State = &rpc.AdminState{Path: filepath.Join(t.TempDir(), "new", "state.json")}
	c := dial(t, serve(t, map[string]any{"admin": admin.API()}))
	remembered := func() string {
		text, err := os.ReadFile(admin.State.Path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		return string(text)
	}
	if err := c.CallContext(t.Context(), nil, "admin_startSequencer", hash(8)); err == nil || remembered() != "" {
		t.Errorf("a start that was refused (%v) left %q", err, remembered())
	}
	raw(t, c, "admin_startSequencer", hash(9))
	if got := remembered(); got != `{"sequencerStarted":true}` {
		t.Errorf("after the start: %q", got)
	}
	raw(t, c, "admin_stopSequencer")
	if got := remembered(); got != `{"sequencerStarted":false}` {
		t.Errorf("after the stop: %q", got)
	}
}

// A switch that is forgotten at the next start is a second sequencer, or none.
func TestWhatCannotBeRememberedIsNotSwitched(t *testing.T) {
	s := &switchboard{head: hash(9)}
	admin := s.admin()
	admin.State = &rpc.AdminState{Path: t.TempDir()} // a directory
	c := dial(t, serve(t, map[string]any{"admin": admin.API()}))
	err := c.CallContext(t.Context(), nil, "admin_startSequencer", hash(9))
	if err == nil || !strings.HasPrefix(err.Error(), "failed to notify sequencer-state listener of start: read admin state") || s.active {
		t.Errorf("start: %v, active %t", err, s.active)
	}
	s.active = true
	err = c.CallContext(t.Context(), nil, "admin_stopSequencer")
	if err == nil || !strings.HasPrefix(err.Error(), "failed to notify sequencer-state listener of stop: read admin state") || !s.active {
		t.Errorf("stop: %v, active %t", err, s.active)
	}
}

// gate is a sequencer whose stop lasts until it may end.
type gate struct {
	switchboard
	leave chan struct{}
}

func (g *gate) StopSequencer(ctx context.Context) (common.Hash, error) {
	<-g.leave
	return g.switchboard.StopSequencer(ctx)
}

func TestSwitchesHappenOneAtATime(t *testing.T) {
	state := &rpc.AdminState{Path: filepath.Join(t.TempDir(), "state")}
	synctest.Test(t, func(t *testing.T) {
		g := &gate{switchboard: switchboard{head: hash(9), active: true}, leave: make(chan struct{})}
		server := gethrpc.NewServer()
		defer server.Stop()
		if err := server.RegisterName("admin", rpc.Admin{Sequencer: g, Active: func() bool { return true }, State: state}.API()); err != nil {
			t.Fatal(err)
		}
		c := gethrpc.DialInProc(server)
		defer c.Close()
		stopped, started := make(chan error, 1), make(chan error, 1)
		go func() { stopped <- c.CallContext(t.Context(), nil, "admin_stopSequencer") }()
		synctest.Wait()
		go func() { started <- c.CallContext(t.Context(), nil, "admin_startSequencer", hash(9)) }()
		synctest.Wait()
		select {
		case err := <-started: // "already running" if it did not wait
			t.Fatalf("started (%v) while the stop lasts", err)
		default:
		}
		close(g.leave)
		if err := <-stopped; err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := <-started; err != nil {
			t.Errorf("start: %v", err)
		}
	})
	if started, known, err := state.SequencerStarted(); !started || !known || err != nil {
		t.Errorf("remembered: %t, %t, %v", started, known, err)
	}
}

// posted is a payload as a conductor posts it.
func posted() *eth.PayloadEnvelope {
	return &eth.PayloadEnvelope{ExecutionPayload: &eth.ExecutionPayload{BlockNumber: 12, BlockHash: hash(12), ExtraData: []byte{1}, BaseFeePerGas: big.NewInt(7)}}
}

func TestAPostedPayloadMustHashToItsHash(t *testing.T) {
	var taken []*eth.PayloadEnvelope
	admin := rpc.Admin{
		PostUnsafePayload: func(_ context.Context, b *eth.PayloadEnvelope) error {
			taken = append(taken, b)
			return nil
		},
		BlockHash: func(b *eth.PayloadEnvelope) common.Hash { return hash(byte(b.ExecutionPayload.BlockNumber)) },
	}
	c := dial(t, serve(t, map[string]any{"admin": admin.API()}))
	if got := raw(t, c, "admin_postUnsafePayload", posted()); string(got) != "null" {
		t.Errorf("answer is %s", got)
	}
	if len(taken) != 1 || taken[0].ExecutionPayload.BlockHash != hash(12) {
		t.Fatalf("taken: %v", taken)
	}
	other := posted()
	other.ExecutionPayload.BlockHash = hash(13)
	want := "payload has bad block hash: " + hash(13).Hex() + ", actual block hash is: " + hash(12).Hex()
	if err := c.CallContext(t.Context(), nil, "admin_postUnsafePayload", other); err == nil || err.Error() != want {
		t.Errorf("another hash: %v, want %q", err, want)
	}
	for _, c2 := range []struct {
		name string
		args []any
		want string
	}{
		{"nothing", nil, "missing value for required argument 0"},
		{"null", []any{nil}, "missing value for required argument 0"},
		{"no payload", []any{map[string]any{"executionPayload": nil}}, "invalid argument 0: missing executionPayload"},
		{"a payload without base fee", []any{map[string]any{"executionPayload": map[string]any{"blockHash": hash(1)}}}, "invalid argument 0: payload " + hash(1).Hex() + ": missing baseFeePerGas"},
	} {
		err := c.CallContext(t.Context(), nil, "admin_postUnsafePayload", c2.args...)
		var coded interface{ ErrorCode() int }
		if err == nil || err.Error() != c2.want || !errors.As(err, &coded) || coded.ErrorCode() != -32602 {
			t.Errorf("%s: %v, want %q and code -32602", c2.name, err, c2.want)
		}
	}
	if len(taken) != 1 {
		t.Errorf("a payload that was refused was taken: %v", taken[1:])
	}
}

func TestLogLevelsHaveOpNodesNames(t *testing.T) {
	var level slog.LevelVar
	admin := rpc.Admin{SetLogLevel: func(l slog.Level) error { level.Set(l); return nil }}
	c := dial(t, serve(t, map[string]any{"admin": admin.API()}))
	for name, want := range map[string]slog.Level{
		"trace": -8, "trce": -8, "debug": -4, "dbug": -4, "info": 0, "warn": 4, "error": 8, "eror": 8, "crit": 12, "DEBUG": -4, "Error": 8,
	} {
		level.Set(99)
		if got := raw(t, c, "admin_setLogLevel", name); string(got) != "null" || level.Level() != want {
			t.Errorf("%s: %s, level %d, want %d", name, got, level.Level(), want)
		}
	}
	level.Set(99)
	if err := c.CallContext(t.Context(), nil, "admin_setLogLevel", "LOUD"); err == nil || err.Error() != "unknown level: loud" || level.Level() != 99 {
		t.Errorf("unknown level: %v, level %d", err, level.Level())
	}
}
