//go:build linux

package anvil

import (
	"crypto/ecdsa"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/contracts"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

const (
	l1ChainID, l2ChainID = 900, 901
	gasLimit             = 60_000_000
	elasticity           = 6
	denominator          = 250

	baseFeeScalar, blobBaseFeeScalar = 5227, 1_014_213
)

var inbox = common.HexToAddress("0xff00000000000000000000000000000000000901")

// account is a key with a million ether on both layers.
type account struct {
	key     *ecdsa.PrivateKey
	address common.Address
}

func newAccount(t *testing.T, name string) account {
	t.Helper()
	key, err := crypto.ToECDSA(crypto.Keccak256([]byte(name)))
	if err != nil {
		t.Fatal(err)
	}
	return account{key, crypto.PubkeyToAddress(key.PublicKey)}
}

// chain is a rollup that is about to begin, with the files that programs read.
type chain struct {
	l1, l2                                *core.Genesis
	addresses                             contracts.L1Addresses
	batcher, user                         account
	time                                  uint64
	rollup                                *rollup.Config
	l1File, l2File, rollupFile, directory string
}

// newChain writes the genesis files. L1's says which accounts there are; anvil makes its own header of it.
func newChain(t *testing.T, dir string, time uint64) *chain {
	t.Helper()
	c := &chain{batcher: newAccount(t, "batcher"), user: newAccount(t, "user"), time: time, directory: dir}
	owner := newAccount(t, "owner").address
	million := new(big.Int).Mul(big.NewInt(1_000_000), big.NewInt(params.Ether))
	fund := map[common.Address]*big.Int{c.batcher.address: million, c.user.address: million}
	var err error
	c.l1, c.addresses, err = contracts.L1Genesis(contracts.L1Params{
		ChainID: l1ChainID, Time: time, GasLimit: gasLimit, Fund: fund,
		Owner: owner, Batcher: c.batcher.address, UnsafeBlockSigner: owner, BatchInbox: inbox,
		L2ChainID: big.NewInt(l2ChainID), L2GasLimit: gasLimit, BasefeeScalar: baseFeeScalar, BlobbasefeeScalar: blobBaseFeeScalar,
		EIP1559Denominator: denominator, EIP1559Elasticity: elasticity,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.l2, err = contracts.L2Genesis(contracts.L2Params{
		ChainID: l2ChainID, Time: time, GasLimit: gasLimit,
		EIP1559Denominator: denominator, EIP1559Elasticity: elasticity, EIP1559DenominatorCanyon: denominator,
		Fund: fund, L1: c.addresses, ProxyAdminOwner: owner, FeeRecipient: owner,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.l1File = c.write(t, "genesis.l1.json", c.l1)
	c.l2File = c.write(t, "genesis.l2.json", c.l2)
	return c
}

// begin makes the rollup configuration, now that L1's first block is known.
func (c *chain) begin(t *testing.T, l1 common.Hash) {
	t.Helper()
	canyon := uint64(denominator)
	c.rollup = &rollup.Config{
		Genesis: rollup.Genesis{
			L1: eth.BlockID{Hash: l1}, L2: eth.BlockID{Hash: c.l2.ToBlock().Hash()}, L2Time: c.time,
			SystemConfig: rollup.SystemConfig{
				BatcherAddr: c.batcher.address, Scalar: attributes.Scalars{BaseFee: baseFeeScalar, BlobBaseFee: blobBaseFeeScalar}.Encode(),
				GasLimit: gasLimit, EIP1559Params: rollup.EncodeEIP1559Params(denominator, elasticity),
			},
		},
		BlockTime: 1, MaxSequencerDrift: 600, SeqWindowSize: 3600, ChannelTimeout: 300,
		L1ChainID: big.NewInt(l1ChainID), L2ChainID: big.NewInt(l2ChainID),
		BatchInboxAddress: inbox, DepositContractAddress: c.addresses.OptimismPortal, L1SystemConfigAddress: c.addresses.SystemConfig,
		ChainOpConfig: &rollup.ChainOpConfig{
			EIP1559Elasticity: elasticity, EIP1559Denominator: denominator, EIP1559DenominatorCanyon: &canyon,
		},
	}
	for f := rollup.Regolith; f <= rollup.Jovian; f++ {
		c.rollup.SetTime(f, new(uint64))
	}
	if err := c.rollup.Check(); err != nil {
		t.Fatal(err)
	}
	c.rollupFile = c.write(t, "rollup.json", c.rollup)
}

func (c *chain) write(t *testing.T, name string, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(c.directory, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
