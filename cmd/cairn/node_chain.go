package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/network"
	"github.com/cairn-rollup/cairn/rollup"
)

// load gives the rollup configuration that the flags say: from the registry or a file, completed, overridden, checked.
func (f *chainFlags) load(log *slog.Logger) (*rollup.Config, error) {
	cfg, err := f.read(log)
	if err != nil {
		return nil, err
	}
	f.Override.apply(cfg, log)
	if err := cfg.Check(); err != nil {
		return nil, f.blame(err)
	}
	return cfg, f.checkPectra(cfg)
}

func (f *chainFlags) read(log *slog.Logger) (*rollup.Config, error) {
	if f.Network == "" {
		return f.readFile(log)
	}
	cfg, extra, err := network.Lookup(f.Network)
	var unknown *network.UnknownError
	if errors.As(err, &unknown) {
		return nil, wrong("network", f.Network, "no network of that name is built in; did you mean %s? 'cairn networks' lists all, for others give --rollup.config",
			strings.Join(unknown.Near, ", "))
	}
	if err != nil {
		return nil, err
	}
	if extra.DataElsewhere {
		return nil, wrong("network", f.Network, "its batches are not on L1 (alternative data availability), which is not supported")
	}
	if f.RollupConfig == "" {
		return cfg, nil
	}
	fromFile, err := f.readFile(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	differs, err := differences(fromFile, cfg)
	if err != nil {
		return nil, err
	}
	if differs != "" {
		return nil, wrong("rollup.config", f.RollupConfig, "--network %s is given too, and differs: %s; leave out one of both", f.Network, differs)
	}
	return cfg, nil
}

// readFile reads rollup.json, and says what is odd about it.
func (f *chainFlags) readFile(log *slog.Logger) (*rollup.Config, error) {
	text, err := os.ReadFile(f.RollupConfig)
	if err != nil {
		return nil, wrong("rollup.config", f.RollupConfig, "cannot read it (%s)", reason(err))
	}
	cfg, unknown, err := rollup.ParseUnchecked(text)
	if err != nil {
		return nil, wrong("rollup.config", f.RollupConfig, "%s", err)
	}
	if len(unknown) > 0 {
		log.Warn("unknown keys in the rollup configuration are ignored", "file", f.RollupConfig, "keys", strings.Join(unknown, " "))
	}
	done, err := network.Complete(cfg)
	if err != nil {
		return nil, err
	}
	if done {
		log.Info("chain_op_config is not in the rollup configuration and was taken from the registry", "file", f.RollupConfig)
	}
	odd, err := network.Differences(cfg)
	if err != nil {
		return nil, err
	}
	for _, d := range odd {
		log.Warn("the rollup configuration differs from the registry's", "field", d.Field, "yours", d.Ours, "registry", d.Registry)
	}
	return cfg, nil
}

// differences lists where a file differs from the network of a name.
func differences(file, named *rollup.Config) (string, error) {
	if file.L2ChainID == nil || named.L2ChainID.Cmp(file.L2ChainID) != 0 {
		return fmt.Sprintf("l2_chain_id %s, the network's is %s", file.L2ChainID, named.L2ChainID), nil
	}
	found, err := network.Differences(file)
	if err != nil {
		return "", err
	}
	var all []string
	for _, d := range found {
		all = append(all, fmt.Sprintf("%s %s, the network's is %s", d.Field, d.Ours, d.Registry))
	}
	return strings.Join(all, "; "), nil
}

// blame names, in an error about a configuration, the flag that the wrong value came from.
func (f *chainFlags) blame(err error) error {
	var field *rollup.FieldError
	if !errors.As(err, &field) {
		return err
	}
	for _, o := range f.Override.all() {
		if o.field == field.Field && o.text() != "" {
			return wrong("override."+o.flag, field.Value, "%s", field.Fix)
		}
	}
	if f.Network != "" {
		return wrong("network", f.Network, "%s", err)
	}
	return wrong("rollup.config", f.RollupConfig, "%s", err)
}

// checkPectra refuses a configuration that priced blobs wrongly on the older chains of Sepolia, as op-node does: for
// some days in March 2025 all of them did, and pectra_blob_schedule_time says when that ended.
func (f *chainFlags) checkPectra(cfg *rollup.Config) error {
	sepolia := params.SepoliaChainConfig
	if f.IgnoreMissingPectra || cfg.PectraBlobScheduleTime != nil || cfg.L1ChainID.Cmp(sepolia.ChainID) != 0 || *sepolia.PragueTime < cfg.Genesis.L2Time {
		return nil
	}
	return &rollup.FieldError{
		Field: "pectra_blob_schedule_time", Value: "not set",
		Fix: "ask the chain's operator for the time and give it with --override.pectrablobschedule, or say with --ignore-missing-pectra-blob-schedule that there is none",
	}
}

// override is one value to replace.
type override struct {
	flag, field string
	time        *uint64
	is          *bool
}

// text is the new value; empty for none.
func (o *override) text() string {
	switch {
	case o.time != nil:
		return strconv.FormatUint(*o.time, 10)
	case o.is != nil:
		return strconv.FormatBool(*o.is)
	}
	return ""
}

func (f *overrideFlags) all() []override {
	times := map[rollup.Fork]*uint64{
		rollup.Canyon: f.Canyon, rollup.Delta: f.Delta, rollup.Ecotone: f.Ecotone, rollup.Fjord: f.Fjord, rollup.Granite: f.Granite,
		rollup.Holocene: f.Holocene, rollup.Isthmus: f.Isthmus, rollup.Jovian: f.Jovian, rollup.Karst: f.Karst, rollup.Lagoon: f.Lagoon,
	}
	var all []override
	for _, fork := range rollup.Forks() {
		all = append(all, override{flag: fork.String(), field: fork.String() + "_time", time: times[fork]})
	}
	return append(all,
		override{flag: "pectrablobschedule", field: "pectra_blob_schedule_time", time: f.PectraBlobSchedule},
		override{flag: "keep-karst-upgrade-gas", field: "keep_karst_upgrade_gas", is: f.KeepKarstUpgradeGas})
}

// apply replaces values and says so.
func (f *overrideFlags) apply(cfg *rollup.Config, log *slog.Logger) {
	cfg.AsOpNode117 = f.AsOpNode117 // the node says so
	before := map[string]string{
		"pectra_blob_schedule_time": timeText(cfg.PectraBlobScheduleTime), "keep_karst_upgrade_gas": strconv.FormatBool(cfg.KeepKarstUpgradeGas),
	}
	for _, fork := range rollup.Forks() {
		before[fork.String()+"_time"] = timeText(cfg.Time(fork))
	}
	forks := make(map[string]rollup.Fork)
	for _, fork := range rollup.Forks() {
		forks[fork.String()] = fork
	}
	for _, o := range f.all() {
		if o.text() == "" {
			continue
		}
		switch fork, isFork := forks[o.flag]; {
		case isFork:
			cfg.SetTime(fork, o.time)
		case o.is != nil:
			cfg.KeepKarstUpgradeGas = *o.is
		default:
			cfg.PectraBlobScheduleTime = o.time
		}
		log.Info("overridden", "field", o.field, "before", before[o.field], "now", o.text(), "by", "--override."+o.flag)
	}
}

func timeText(at *uint64) string {
	if at == nil {
		return "not set"
	}
	return strconv.FormatUint(*at, 10)
}
