package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/doctor"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// examined is an examination as it could have been.
func examined() ([]doctor.Finding, doctor.Verdict) {
	findings := []doctor.Finding{
		{Check: doctor.L1Reachable, Of: "l1:8545", Level: doctor.OK, Text: "answers in 12 ms", Took: 12345678 * time.Nanosecond},
		{
			Check: doctor.BeaconOldBlob, Of: "beacon:5052", Level: doctor.Warn, Took: time.Second,
			Text: "it keeps blobs back to about slot 102 of 2026-01-01 00:00:00Z; need back to slot 54 of 2025-12-31 00:00:00Z; archive:5052 has it",
			Fix:  "add an archive source (--l1.beacon-fallbacks), or let this one keep blobs for longer",
		},
		{Check: doctor.EngineJWT, Of: "engine:8551", Level: doctor.Fail, Text: "the engine refuses the token", Fix: "give both the same file"},
		{Check: doctor.EngineSync, Of: "engine:8551", Level: doctor.Skip, Text: "needs engine.jwt"},
		{Check: doctor.ContractsSystemConfig, Level: doctor.OK, Text: "at 0xC0 <ok> & well"},
	}
	return findings, doctor.Verdict{
		Level: doctor.Fail, Took: 1234 * time.Millisecond,
		Count: map[doctor.Level]int{doctor.OK: 2, doctor.Warn: 1, doctor.Fail: 1, doctor.Skip: 1},
	}
}

func TestFindingsAreOneLineEachAndTheFix(t *testing.T) {
	findings, verdict := examined()
	for file, color := range map[string]bool{"doctor.txt": false, "doctor-color.txt": true} {
		var out bytes.Buffer
		p := &findingPrinter{out: &out, color: color}
		for _, f := range findings {
			p.print(f)
		}
		p.sum(verdict)
		golden.File(t, "testdata/"+file, out.String())
	}
}

func TestFindingsAsJSON(t *testing.T) {
	findings, verdict := examined()
	var out bytes.Buffer
	if err := writeFindings(&out, findings, verdict); err != nil {
		t.Fatal(err)
	}
	golden.File(t, "testdata/doctor.json", out.String())
}

// With nothing running, everything that has an endpoint fails or is skipped, quickly, and the exit code says so.
func TestDoctorFailsWhereNothingListens(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "jwt.hex")
	if err := os.WriteFile(secret, []byte(strings.Repeat("ab", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	const nobody = "http://127.0.0.1:1"
	args := []string{
		"doctor", "--network=op-mainnet", "--l1=" + nobody + "/key," + nobody, "--l1.beacon=" + nobody, "--l1.beacon-fallbacks=" + nobody,
		"--l2=" + nobody, "--l2.jwt-secret=" + secret, "--datadir=" + filepath.Join(dir, "data"), "--rpc.addr=127.0.0.1", "--rpc.port=0",
		"--metrics.enabled", "--metrics.addr=127.0.0.1", "--metrics.port=0",
	}
	code, stdout, stderr := runs(t, args...)
	if code != exitFailed || !strings.HasSuffix(stderr, " checks failed\n") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	for _, line := range []string{
		"FAIL  l1.reachable            127.0.0.1:1            nothing listens there",
		"FAIL  l1.reachable            127.0.0.1:1 #2         nothing listens there",
		"FAIL  beacon.reachable        127.0.0.1:1            nothing listens there",
		"FAIL  engine.reachable        127.0.0.1:1            nothing listens there",
		"skip  engine.jwt              127.0.0.1:1            needs engine.reachable",
		"ok    ports.free              metrics 127.0.0.1:0    free",
		"fix: start it, or correct --l2\n",
	} {
		if !strings.Contains(stdout, line) {
			t.Errorf("does not say %q:\n%s", line, stdout)
		}
	}
	if strings.Contains(stdout, "\x1b") || strings.Contains(stdout, "/key") {
		t.Errorf("colours or a secret:\n%s", stdout)
	}

	code, stdout, _ = runs(t, append(args, "--json")...)
	var out struct {
		Verdict  string
		Counts   map[string]int
		Findings []struct{ Check, Of, Level, Text, Fix string }
	}
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatalf("%s in %s", err, stdout)
	}
	if code != exitFailed || out.Verdict != "fail" || out.Counts["fail"] < 5 || len(out.Findings) < 30 {
		t.Errorf("exit code %d, verdict %s, counts %v, %d findings", code, out.Verdict, out.Counts, len(out.Findings))
	}
}

func TestDoctorTellsMisuse(t *testing.T) {
	if code, stdout, stderr := runs(t, "doctor", "--l1.beacon=http://127.0.0.1:1"); code != exitMisused || stdout != "" || !strings.Contains(stderr, "--l2") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}
