package contracts

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

//go:embed artifacts/contracts.json
var artifactJSON []byte

// bytecode is what the compiler made of one contract. Creation code wants ABI-encoded constructor arguments behind it.
type bytecode struct {
	Creation hexutil.Bytes `json:"creation"`
	Runtime  hexutil.Bytes `json:"runtime"`
}

// readArtifact returns the committed bytecode by contract name.
func readArtifact() (map[string]bytecode, error) {
	var artifact struct {
		Contracts map[string]bytecode `json:"contracts"`
	}
	if err := json.Unmarshal(artifactJSON, &artifact); err != nil {
		return nil, fmt.Errorf("read contract artifact: %w", err)
	}
	return artifact.Contracts, nil
}
