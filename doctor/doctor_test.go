package doctor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/doctor"
)

func TestAllIsWell(t *testing.T) {
	w := newWorld(t)
	w.withArchive()
	all, v := w.examine(t)
	for _, f := range all {
		if f.Level != doctor.OK {
			t.Errorf("%s of %q: %s: %s", f.Check, f.Of, f.Level, f.Text)
		}
	}
	if v.Level != doctor.OK || v.Count[doctor.OK] != len(all) {
		t.Errorf("verdict %+v of %d findings", v, len(all))
	}
	l1, beacon := 7, 5
	if want := 1 + 2*l1 + 1 + 2*beacon + 8 + 4 + 1 + 3 + 1; len(all) != want {
		t.Errorf("%d findings, want %d: %s", len(all), want, strings.Join(sortedChecks(all), " "))
	}
	for check, want := range map[string]string{
		doctor.L1ArchiveDepth:        "it has block 50 of",
		doctor.L1Origin:              "block 120",
		doctor.EngineSync:            "unsafe 3",
		doctor.EngineKind:            "op-reth: op-reth/v2.3.2",
		doctor.BeaconOldBlob:         "slot 54",
		doctor.BeaconRecentBlob:      "slot 144",
		doctor.ContractsAgree:        "4 values of L2 block 3",
		doctor.BatcherActive:         "1.000 ether and has sent 16 transactions since L1 block 49",
		doctor.L1Agree:               "2 endpoints have the same block 85",
		doctor.ForksSchedule:         "no fork is ahead",
		doctor.ContractsSystemConfig: batcher.String(),
	} {
		found := of(all, check)
		if !slices.ContainsFunc(found, func(f doctor.Finding) bool { return strings.Contains(f.Text, want) }) {
			t.Errorf("%s says %+v, want %q", check, found, want)
		}
	}
}
