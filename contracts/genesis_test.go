package contracts_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/triedb"

	"github.com/cairn-rollup/cairn/contracts"
)

// Hashes for the parameters in world_test.go. They change when the contracts, the predeploys or the genesis format
// change, which breaks every running devnet: change them knowingly.
var (
	l1Hash = common.HexToHash("0x04ee475910d530258cc9d922e1d69c8a8e28e4752938676b246de4c0dafd9487")
	l2Hash = common.HexToHash("0x89337f35cf70d6acdd6b9aeef62fd86842bdee8b631232c05f09caa82af84e76")
)

func TestEqualParametersGiveEqualHashes(t *testing.T) {
	for range 3 {
		genesis, _ := l1Genesis(t)
		if hash := genesis.ToBlock().Hash(); hash != l1Hash {
			t.Fatalf("L1 genesis is %s, want %s", hash, l1Hash)
		}
		if hash := l2Genesis(t).ToBlock().Hash(); hash != l2Hash {
			t.Fatalf("L2 genesis is %s, want %s", hash, l2Hash)
		}
	}
}

// A standalone node is given the genesis as a file. Its init decodes the file and sets it up in an empty database.
func TestGenesisFileKeepsTheHash(t *testing.T) {
	l1, _ := l1Genesis(t)
	for name, genesis := range map[string]*core.Genesis{"L1": l1, "L2": l2Genesis(t)} {
		t.Run(name, func(t *testing.T) {
			file, err := json.Marshal(genesis)
			if err != nil {
				t.Fatal(err)
			}
			var decoded core.Genesis
			if err := json.Unmarshal(file, &decoded); err != nil {
				t.Fatal(err)
			}
			if got, want := decoded.ToBlock().Hash(), genesis.ToBlock().Hash(); got != want {
				t.Errorf("hash after the round trip %s, want %s", got, want)
			}
			again, err := json.Marshal(&decoded)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, file) {
				t.Error("the file changes when written again")
			}
			db := rawdb.NewMemoryDatabase()
			config, hash, incompatible, err := core.SetupGenesisBlock(db, triedb.NewDatabase(db, nil), &decoded)
			if err != nil || incompatible != nil || hash != genesis.ToBlock().Hash() {
				t.Fatalf("set up %s, %v, %v", hash, incompatible, err)
			}
			if config.ChainID.Cmp(genesis.Config.ChainID) != 0 {
				t.Errorf("chain id %v, want %v", config.ChainID, genesis.Config.ChainID)
			}
		})
	}
}

func TestGenesisFundsAccounts(t *testing.T) {
	l1, _ := l1Genesis(t)
	if balance, want := l1.Alloc[alice].Balance, l1Params().Fund[alice]; balance.Cmp(want) != 0 {
		t.Errorf("L1: %v, want %v", balance, want)
	}
	if balance, want := l2Genesis(t).Alloc[alice].Balance, l2Params().Fund[alice]; balance.Cmp(want) != 0 {
		t.Errorf("L2: %v, want %v", balance, want)
	}
}

// A slot that holds zero does not exist, and not every client ignores one in a file.
func TestGenesisHasNoZeroSlots(t *testing.T) {
	l1, _ := l1Genesis(t)
	for _, genesis := range []*core.Genesis{l1, l2Genesis(t)} {
		for address, account := range genesis.Alloc {
			for slot, value := range account.Storage {
				if value == (common.Hash{}) {
					t.Errorf("chain %v: slot %s of %s is zero", genesis.Config.ChainID, slot, address)
				}
			}
		}
	}
}

func TestFundingIsRefused(t *testing.T) {
	_, addresses := l1Genesis(t)
	for _, test := range []struct {
		name    string
		address common.Address
		balance *big.Int
	}{
		{"contract of the genesis", addresses.Multicall3, ether},
		{"no balance", owner, nil},
		{"negative balance", owner, big.NewInt(-1)},
		{"more than a uint256", owner, new(big.Int).Lsh(big.NewInt(1), 256)},
	} {
		t.Run(test.name, func(t *testing.T) {
			p1, p2 := l1Params(), l2Params()
			p1.Fund[test.address], p2.Fund[test.address] = test.balance, test.balance
			if _, _, err := contracts.L1Genesis(p1); err == nil {
				t.Error("L1Genesis accepts it")
			}
			if _, err := contracts.L2Genesis(p2); err == nil {
				t.Error("L2Genesis accepts it")
			}
		})
	}
}

func ExampleL1Genesis() {
	genesis, addresses, err := contracts.L1Genesis(contracts.L1Params{
		ChainID:           900,
		Time:              1_700_000_000,
		GasLimit:          60_000_000,
		Owner:             common.HexToAddress("0x01aa"),
		Batcher:           common.HexToAddress("0x02aa"),
		UnsafeBlockSigner: common.HexToAddress("0x03aa"),
		BatchInbox:        common.HexToAddress("0xff00000000000000000000000000000000000901"),
		L2ChainID:         big.NewInt(901),
		L2GasLimit:        60_000_000,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("SystemConfig:", addresses.SystemConfig)
	fmt.Println("OptimismPortal:", addresses.OptimismPortal)
	fmt.Println("chain:", genesis.Config.ChainID)
	// Output:
	// SystemConfig: 0xC000000000000000000000000000000000000001
	// OptimismPortal: 0xc000000000000000000000000000000000000002
	// chain: 900
}

func ExampleL2Genesis() {
	genesis, err := contracts.L2Genesis(contracts.L2Params{
		ChainID:                  901,
		Time:                     1_700_000_000,
		GasLimit:                 60_000_000,
		EIP1559Denominator:       50,
		EIP1559Elasticity:        6,
		EIP1559DenominatorCanyon: 250,
		ProxyAdminOwner:          common.HexToAddress("0x01aa"),
		FeeRecipient:             common.HexToAddress("0x04aa"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("Jovian at genesis:", genesis.Config.IsJovian(genesis.Timestamp))
	fmt.Printf("extra data: %x\n", genesis.ExtraData)
	// Output:
	// Jovian at genesis: true
	// extra data: 01000000fa000000060000000000000000
}
