package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/cairn-rollup/cairn"
)

// layers are the packages of the project from the bottom up. A package imports only packages of lower layers, unless a
// line in within allows more. A name that ends in /... stands for a package and all below it, which are one unit.
var layers = [][]string{
	{"internal/..."},
	{"eth"},                            // vocabulary
	{"rollup"},                         // vocabulary
	{"channel", "batch", "attributes"}, // protocol
	{"derive", "forkchoice", "sequence"},
	{"batcher/encoder"},
	{"driver", "batcher", "proposer"}, // deciders
	{"l1", "engine", "engine/geth", "txmgr", "rpc", "p2p/...", "ha", "store", "web", "obs"}, // adapters
	{"contracts/...", "upgrades/..."},          // data of other projects, checked by hash
	{"network"},                                // data of public chains, for whoever puts a node together
	{"node", "doctor", "inspect", "recording"}, // compositions, which do not know each other
	{"devnet/..."},
	{"config"},
	{"cmd/..."},
	{"testkit/...", "sim/...", "test/..."},
}

// Sentences of the rules. A failure begins with one.
const (
	ruleKnown     = "every package has a layer: add it to the table in internal/arch"
	ruleDown      = "imports go downwards only, never up"
	ruleProtocol  = "protocol packages (channel, batch, attributes) do not know each other: derive is where they meet"
	ruleMachines  = "machines (derive, forkchoice, sequence) do not import each other: the driver is where they meet"
	ruleDeciders  = "deciders do not import each other"
	ruleAdapters  = "adapters never import each other: node is where they meet"
	ruleNoDriver  = "adapters offer plain methods and channels of vocabulary types: they never import the driver"
	ruleSideways  = "imports go downwards only, never sideways"
	ruleTestOnly  = "testkit and sim are for tests only"
	ruleOracle    = "the oracle shares no code with what it checks: of the project it imports the vocabulary alone (eth, rollup), in its tests too"
	ruleData      = "pure packages import of the standard library only data packages"
	ruleLibraries = "pure packages import of other modules only geth's common, common/hexutil, core/types, rlp, crypto, uint256 and the compressors"
	ruleTime      = "pure code never looks at a clock: time is a parameter"
	ruleGo        = "pure code starts no goroutine"
)

// sideways are the sentences for imports within a layer, by the layer's first package.
var sideways = map[string]string{
	"channel": ruleProtocol, "derive": ruleMachines, "driver": ruleDeciders, "l1": ruleAdapters,
}

// place gives the layer of a package and the unit it belongs to.
func place(pkg string) (layer int, unit string, ok bool) {
	for i, names := range layers {
		for _, name := range names {
			tree, isTree := strings.CutSuffix(name, "/...")
			if pkg == name || (isTree && (pkg == tree || strings.HasPrefix(pkg, tree+"/"))) {
				return i, name, true
			}
		}
	}
	return 0, "", false
}

// violation gives the sentence of the rule that an import breaks, or none. Both are packages of the project.
func violation(from, to string, test bool) string {
	if from == to {
		return "" // an external test
	}
	if from == "sim/oracle" && to != "eth" && to != "rollup" {
		return ruleOracle
	}
	if test && strings.HasPrefix(from, "engine") && strings.HasPrefix(to, "engine") {
		return "" // two implementations of one port are tested against each other
	}
	fromLayer, fromUnit, ok := place(from)
	toLayer, toUnit, okTo := place(to)
	switch {
	case !ok || !okTo:
		return ruleKnown
	case fromUnit == toUnit && strings.HasSuffix(fromUnit, "/..."):
		return ""
	case strings.HasPrefix(toUnit, "testkit") || strings.HasPrefix(toUnit, "sim"):
		if test || fromLayer == toLayer {
			return ""
		}
		return ruleTestOnly
	case fromLayer < toLayer:
		return ruleDown
	case fromLayer == toLayer:
		if sentence, ok := sideways[layers[fromLayer][0]]; ok {
			return sentence
		}
		return ruleSideways
	case to == "driver" && slices.Contains(adapters(), fromUnit):
		return ruleNoDriver
	}
	return ""
}

// adapters is the layer of the packages that do I/O.
func adapters() []string {
	for _, names := range layers {
		if names[0] == "l1" {
			return names
		}
	}
	return nil
}

// pure packages compute and do nothing else. In the deciders, so do the files core*.go.
var pure = []string{"eth", "rollup", "channel", "batch", "attributes", "derive", "forkchoice", "sequence", "batcher/encoder"}

func isPure(pkg, file string) bool {
	return slices.Contains(pure, pkg) || ((pkg == "driver" || pkg == "batcher") && strings.HasPrefix(file, "core"))
}

// impure gives the sentence of the rule that an import of pure code from outside the project breaks, or none. The package
// time is allowed for its values; what reads a clock is found by use.
func impure(to string) string {
	first, _, _ := strings.Cut(to, "/")
	if strings.Contains(first, ".") {
		switch to {
		case "github.com/ethereum/go-ethereum/common", "github.com/ethereum/go-ethereum/common/hexutil",
			"github.com/ethereum/go-ethereum/core/types", "github.com/ethereum/go-ethereum/rlp",
			"github.com/ethereum/go-ethereum/crypto", "github.com/holiman/uint256", "github.com/andybalholm/brotli":
			return ""
		}
		if strings.HasPrefix(to, "github.com/klauspost/compress/") {
			return ""
		}
		return ruleLibraries
	}
	switch to {
	case "errors", "slices", "maps", "bytes", "math", "math/bits", "math/big", "io", "fmt", "strings", "strconv", "cmp", "sort", "iter", "time":
		return ""
	}
	if first == "encoding" || first == "compress" {
		return ""
	}
	return ruleData
}

// clocks are the names in package time that read a clock or wait for one.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}

// goFiles calls visit with every Go file of the module.
func goFiles(t *testing.T, visit func(pkg, file string, set *token.FileSet, syntax *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); name != root && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules" || otherModule(name)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(dir), filepath.Base(name), set, syntax)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// otherModule says whether a directory is a module of its own.
func otherModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func TestImports(t *testing.T) {
	files := 0
	goFiles(t, func(pkg, file string, set *token.FileSet, syntax *ast.File) {
		files++
		test := strings.HasSuffix(file, "_test.go")
		for _, spec := range syntax.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			sentence := ""
			if own, ok := strings.CutPrefix(to, module+"/"); ok {
				sentence = violation(pkg, own, test)
			} else if !test && isPure(pkg, file) {
				sentence = impure(to)
			}
			if sentence != "" {
				t.Errorf("%s: %s:%d imports %s", sentence, path.Join(pkg, file), set.Position(spec.Pos()).Line, to)
			}
		}
		if !test && isPure(pkg, file) {
			for _, broken := range actions(set, syntax) {
				t.Errorf("%s: %s", broken[0], path.Join(pkg, file)+":"+broken[1])
			}
		}
	})
	if files < 100 {
		t.Errorf("only %d files looked at", files)
	}
}

// actions finds what pure code must not do: pairs of a rule's sentence, and the line and what is there.
func actions(set *token.FileSet, syntax *ast.File) (broken [][2]string) {
	ast.Inspect(syntax, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			broken = append(broken, [2]string{ruleGo, fmt.Sprintf("%d has a go statement", set.Position(n.Pos()).Line)})
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				broken = append(broken, [2]string{ruleTime, fmt.Sprintf("%d uses time.%s", set.Position(n.Pos()).Line, n.Sel.Name)})
			}
		}
		return true
	})
	return broken
}

// The rules themselves, on imports that could be tried.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		from, to string
		test     bool
		want     string
	}{
		{"rollup", "eth", false, ""},
		{"derive", "eth", false, ""},
		{"derive", "channel", false, ""},
		{"driver", "derive", false, ""},
		{"l1", "derive", false, ""},
		{"node", "driver", false, ""},
		{"doctor", "l1", false, ""},
		{"cmd/cairn", "node", false, ""},
		{"batcher", "batcher/encoder", false, ""},
		{"contracts", "contracts/bindings", false, ""},
		{"devnet", "devnet/devl1", false, ""},
		{"node", "upgrades", false, ""},
		{"upgrades", "attributes", false, ""},
		{"devnet/devl1", "engine/geth", false, ""},
		{"engine", "engine/geth", true, ""},
		{"engine/geth", "engine", true, ""},
		{"txmgr", "internal/retry", false, ""},
		{"driver", "testkit", true, ""},
		{"derive", "derive", true, ""},

		{"eth", "rollup", false, ruleDown},
		{"derive", "driver", false, ruleDown},
		{"l1", "node", false, ruleDown},
		{"driver", "l1", false, ruleDown},
		{"internal/retry", "eth", false, ruleDown},
		{"batch", "channel", false, ruleProtocol},
		{"batch", "channel", true, ruleProtocol},
		{"derive", "forkchoice", false, ruleMachines},
		{"batcher", "driver", false, ruleDeciders},
		{"l1", "engine", false, ruleAdapters},
		{"engine", "engine/geth", false, ruleAdapters},
		{"rpc", "driver", false, ruleNoDriver},
		{"store", "driver", false, ruleNoDriver},
		{"rpc", "store", false, ruleAdapters},
		{"p2p/gossip", "driver", false, ruleNoDriver},
		{"sim/oracle", "rollup", false, ""},
		{"sim/oracle", "derive", false, ruleOracle},
		{"sim/oracle", "batch", true, ruleOracle},
		{"sim/oracle", "testkit", true, ruleOracle},
		{"sim", "sim/oracle", false, ""},
		{"derive", "upgrades", false, ruleDown},
		{"upgrades", "contracts", false, ruleSideways},
		{"driver", "testkit", false, ruleTestOnly},
		{"doctor", "node", false, ruleSideways},
		{"recording", "node", false, ruleSideways},
		{"driver", "misc", false, ruleKnown},
	} {
		if got := violation(c.from, c.to, c.test); got != c.want {
			t.Errorf("%s imports %s (test %t): got %q, want %q", c.from, c.to, c.test, got, c.want)
		}
	}
	for to, want := range map[string]string{
		"slices": "", "encoding/binary": "", "compress/zlib": "", "time": "", "github.com/ethereum/go-ethereum/rlp": "",
		"context": ruleData, "os": ruleData, "log/slog": ruleData, "math/rand": ruleData, "math/rand/v2": ruleData, "sync": ruleData,
		"sync/atomic": ruleData, "crypto/rand": ruleData,
		"github.com/ethereum/go-ethereum/ethclient": ruleLibraries, "github.com/ethereum/go-ethereum/crypto/kzg4844": ruleLibraries,
	} {
		if got := impure(to); got != want {
			t.Errorf("pure code imports %s: got %q, want %q", to, got, want)
		}
	}
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, "x.go", "package x\nfunc f() {\n go f()\n _ = time.Now()\n _ = time.Unix(1, 0)\n}\n", 0)
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]string{{ruleGo, "3 has a go statement"}, {ruleTime, "4 uses time.Now"}}
	if got := actions(set, syntax); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
