package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestNetworksAreListed(t *testing.T) {
	code, stdout, stderr := runs(t, "networks")
	if code != exitOK || stderr != "" || strings.Count(stdout, "\n") < 50 {
		t.Fatalf("exit code %d, %q, %q", code, stdout, stderr)
	}
	var sepolia string
	for line := range strings.Lines(stdout) {
		if strings.HasPrefix(line, "op-sepolia ") {
			sepolia = strings.Join(strings.Fields(line)[:4], " ")
		}
	}
	if sepolia != "op-sepolia 11155420 sepolia 2s" {
		t.Errorf("%q", sepolia)
	}
	code, stdout, _ = runs(t, "networks", "--json")
	var rows []networkRow
	if err := json.Unmarshal([]byte(stdout), &rows); err != nil || code != exitOK || len(rows) < 50 {
		t.Fatalf("exit code %d, %v, %d rows", code, err, len(rows))
	}
}

func TestTheNextForkDependsOnTheClock(t *testing.T) {
	for now, want := range map[uint64]string{
		1781712000: "karst 2026-06-17 16:00:01 UTC", 1781712001: "-", 1763568000: "jovian 2025-11-19 16:00:01 UTC",
	} {
		rows, err := networkRows(now)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			switch row.Name {
			case "op-sepolia":
				if got := row.next(); got != want || row.Forks["karst"] != 1781712001 || !row.Usable {
					t.Errorf("at %d: %q, want %q; %+v", now, got, want, row)
				}
			case "cyber-mainnet":
				if row.Usable || !strings.Contains(row.next(), "not supported") {
					t.Errorf("%+v", row)
				}
			}
		}
	}
}
