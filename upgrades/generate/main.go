// Command generate reads the creation code and the bundle of the upgrade transactions out of the Go module that has them,
// and writes them beside package upgrades. The module is data here: nothing of it is compiled.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// module has what is read, at the version of go.mod.
const module = "github.com/ethereum-optimism/optimism"

// constants are the variables that hold creation code: by file of op-node/rollup/derive and name, the intent of the
// transaction that uses them.
var constants = map[string]map[string]string{
	"ecotone_upgrade_transactions.go": {
		"l1BlockDeploymentBytecode":        "Ecotone: L1 Block Deployment",
		"gasPriceOracleDeploymentBytecode": "Ecotone: Gas Price Oracle Deployment",
		"eip4788CreationData":              "Ecotone: beacon block roots contract deployment",
	},
	"fjord_upgrade_transactions.go": {
		"gasPriceOracleFjordDeploymentBytecode": "Fjord: Gas Price Oracle Deployment",
	},
	"isthmus_upgrade_transactions.go": {
		"l1BlockIsthmusDeploymentBytecode":        "Isthmus: L1 Block Deployment",
		"gasPriceOracleIsthmusDeploymentBytecode": "Isthmus: Gas Price Oracle Deployment",
		"operatorFeeVaultDeploymentBytecode":      "Isthmus: Operator Fee Vault Deployment",
		"blockHashDeploymentBytecode":             "Isthmus: EIP-2935 Contract Deployment",
	},
	"jovian_upgrade_transactions.go": {
		"l1BlockJovianDeploymentBytecode":        "Jovian: L1 Block Deployment",
		"gasPriceOracleJovianDeploymentBytecode": "Jovian: Gas Price Oracle Deployment",
	},
}

// karstSum is the SHA-256 of Karst's bundle (RULES 6.5).
const karstSum = "08f5df36f7ff29a9421ab84beebe96684a7455df9a5d234a2468613a4008ad91"

func main() {
	if err := run("."); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// run writes the files into the directory of package upgrades.
func run(dir string) error {
	files, err := collect()
	if err != nil {
		return err
	}
	for name, text := range files {
		var file bytes.Buffer
		w, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), file.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// collect reads the module: what is in the files before compression, by name.
func collect() (map[string][]byte, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", module, err)
	}
	root := strings.TrimSpace(string(out))
	if root == "" {
		return nil, fmt.Errorf("%s is not downloaded: go mod download %s", module, module)
	}
	code := map[string]string{}
	for file, names := range constants {
		found, err := hexConstants(filepath.Join(root, "op-node", "rollup", "derive", file))
		if err != nil {
			return nil, err
		}
		for name, intent := range names {
			text, ok := found[name]
			if !ok {
				return nil, fmt.Errorf("%s has no %s", file, name)
			}
			code[intent] = text
		}
	}
	codeFile, err := json.MarshalIndent(code, "", "\t")
	if err != nil {
		return nil, err
	}
	bundle, err := os.ReadFile(filepath.Join(root, "op-core", "nuts", "bundles", "karst_nut_bundle.json"))
	if err != nil {
		return nil, err
	}
	if err := checkSum(bundle, karstSum); err != nil {
		return nil, fmt.Errorf("bundle of Karst: %w", err)
	}
	return map[string][]byte{"creation_code.json.gz": append(codeFile, '\n'), "karst_nut_bundle.json.gz": bundle}, nil
}

// checkSum says whether a text has a SHA-256.
func checkSum(text []byte, want string) error {
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != want {
		return fmt.Errorf("SHA-256 %x, want %s", sum, want)
	}
	return nil
}

// hexConstants finds the variables of a Go file that are one call with one string of hex digits.
func hexConstants(file string) (map[string]string, error) {
	syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, decl := range syntax.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Names) != len(value.Values) {
				continue
			}
			for i, name := range value.Names {
				text, err := hexArgument(value.Values[i])
				if err == nil {
					found[name.Name] = text
				}
			}
		}
	}
	return found, nil
}

var errNotHex = errors.New("not a call with one string of hex digits")

func hexArgument(expr ast.Expr) (string, error) {
	call, ok := expr.(*ast.CallExpr)
	if !ok || len(call.Args) != 1 {
		return "", errNotHex
	}
	literal, ok := call.Args[0].(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", errNotHex
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return "", err
	}
	digits := strings.TrimPrefix(text, "0x")
	if _, err := hex.DecodeString(digits); err != nil {
		return "", err
	}
	return "0x" + digits, nil
}
