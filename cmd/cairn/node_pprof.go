package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"runtime"
	runtimepprof "runtime/pprof"

	"github.com/cairn-rollup/cairn/internal/httpserve"
)

// profiles are what --pprof.* asked for, while they run.
type profiles struct {
	stop  context.CancelFunc
	ended chan error // of the server; nil without one
	url   string     // of the server
	file  *os.File   // nil without one
	kind  string
}

// profiles starts what the flags ask for. The caller calls end.
func (f *serveFlags) profiles() (_ *profiles, err error) {
	p := &profiles{stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.end())
		}
	}()
	if f.PprofType != "" {
		if err := oneOf("pprof.type", &f.PprofType, "cpu", "heap", "allocs", "goroutine", "threadcreate", "block", "mutex"); err != nil {
			return nil, err
		}
		if err := p.write(f.PprofType, f.PprofPath); err != nil {
			return nil, wrong("pprof.path", f.PprofPath, "cannot write it (%s)", reason(err))
		}
	}
	if f.PprofEnabled {
		server, err := httpserve.Listen(address(f.PprofAddr, f.PprofPort), profileHandler())
		if err != nil {
			return nil, wrong("pprof.port", f.PprofPort, "%s", err)
		}
		ctx, stop := context.WithCancel(context.Background())
		p.stop, p.ended, p.url = stop, make(chan error, 1), server.URL()
		go func() { p.ended <- server.Serve(ctx) }()
	}
	return p, nil
}

func profileHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// write opens the file of a profile, and begins it if it is one that runs.
func (p *profiles) write(kind, path string) (err error) {
	if info, err := os.Stat(path); path == "" || err == nil && info.IsDir() {
		path = filepath.Join(path, kind+".prof")
	}
	if p.file, err = os.Create(path); err != nil {
		return err
	}
	p.kind = kind
	switch kind {
	case "cpu":
		return runtimepprof.StartCPUProfile(p.file)
	case "block":
		runtime.SetBlockProfileRate(1)
	case "mutex":
		runtime.SetMutexProfileFraction(1)
	}
	return nil
}

// end writes what is to be written and closes all.
func (p *profiles) end() error {
	p.stop()
	var errs []error
	if p.ended != nil {
		errs = append(errs, ignoreCanceled(<-p.ended))
	}
	if p.file != nil {
		if p.kind == "cpu" {
			runtimepprof.StopCPUProfile()
		} else if err := runtimepprof.Lookup(p.kind).WriteTo(p.file, 0); err != nil {
			errs = append(errs, fmt.Errorf("write profile: %w", err))
		}
		errs = append(errs, p.file.Close())
	}
	return errors.Join(errs...)
}
