package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProfilesAreServedAndWritten(t *testing.T) {
	dir := t.TempDir()
	for kind, path := range map[string]string{"heap": dir, "goroutine": filepath.Join(dir, "mine"), "cpu": dir, "mutex": dir, "block": dir} {
		f := serveFlags{PprofType: kind, PprofPath: path}
		p, err := f.profiles()
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if err := p.end(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if path == dir {
			path = filepath.Join(dir, kind+".prof")
		}
		if text, err := os.ReadFile(path); err != nil || len(text) == 0 {
			t.Errorf("%s: %v, %d bytes", kind, err, len(text))
		}
	}

	f := serveFlags{PprofEnabled: true, PprofAddr: "127.0.0.1"}
	p, err := f.profiles()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(p.url + "/debug/pprof/goroutine?debug=1")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || !strings.Contains(string(text), "TestProfilesAreServedAndWritten") {
		t.Errorf("%v: %q", err, text)
	}
	if err := p.end(); err != nil {
		t.Error(err)
	}
	if answer, err := http.Get(p.url); err == nil {
		_ = answer.Body.Close()
		t.Error("served after the end")
	}
}
