package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

func main() {
	seeds := flag.Int("seeds", 2000, "seeds that a fault may take to be found")
	only := flag.String("only", "", "names of faults, separated by commas; all without")
	flag.Parse()
	var survived atomic.Int32
	var hunts errgroup.Group
	hunts.SetLimit(runtime.NumCPU()) // each with one processor: compiling does not use more
	for _, m := range Mutants {
		if *only != "" && !strings.Contains(","+*only+",", ","+m.Name+",") {
			continue
		}
		hunts.Go(func() error {
			start := time.Now()
			after, err := hunt(m, *seeds)
			switch {
			case err != nil:
				survived.Add(1)
				fmt.Printf("%-32s %v\n", m.Name, err)
			case after == 0:
				survived.Add(1)
				fmt.Printf("%-32s SURVIVED %d seeds   %s\n", m.Name, *seeds, m.Rule)
			default:
				fmt.Printf("%-32s found after %4d seeds, %3.0f s   %s\n", m.Name, after, time.Since(start).Seconds(), m.Rule)
			}
			return nil
		})
	}
	_ = hunts.Wait() // what went wrong is counted
	if n := survived.Load(); n > 0 {
		fmt.Printf("%d faults not found\n", n)
		os.Exit(1)
	}
}

// hunt runs the simulation over a fault, and says after how many seeds it was found; 0 if it was not.
func hunt(m Mutant, seeds int) (after uint64, err error) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // of no use any more
	overlay, err := m.write(dir)
	if err != nil {
		return 0, err
	}
	found := filepath.Join(dir, "found")
	run := exec.Command("go", "test", "-overlay", overlay, "-run", "TestSimulation", "-count=1", "-timeout", "60m", "./sim", "-args",
		fmt.Sprint("-sim.seeds=", seeds), "-sim.failures=1", "-sim.out="+found)
	run.Env = append(os.Environ(), "GOMAXPROCS=1")
	text, failed := run.CombinedOutput()
	files, err := filepath.Glob(filepath.Join(found, "*.json"))
	if err != nil {
		return 0, err
	}
	if len(files) == 0 {
		if failed != nil && !strings.Contains(string(text), "never happened") {
			return 0, fmt.Errorf("go test: %w\n%s", failed, text)
		}
		return 0, nil
	}
	var failure struct{ Seed uint64 }
	content, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(content, &failure)
	}
	return failure.Seed, err
}

// errText is for a fault whose file has changed.
var errText = errors.New("its text does not occur exactly once")

// mutate is the file with the fault.
func (m Mutant) mutate(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, m.File))
	if err != nil {
		return "", err
	}
	if strings.Count(string(text), m.Old) != 1 {
		return "", fmt.Errorf("%s: %w: %q", m.File, errText, m.Old)
	}
	return strings.Replace(string(text), m.Old, m.New, 1), nil
}

// write puts the file with the fault and the list that tells the compiler of it into a directory.
func (m Mutant) write(dir string) (overlay string, err error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	text, err := m.mutate(root)
	if err != nil {
		return "", err
	}
	mutated := filepath.Join(dir, "mutant.go")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.File): mutated}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, errors.Join(os.WriteFile(mutated, []byte(text), 0o600), os.WriteFile(overlay, list, 0o600))
}
