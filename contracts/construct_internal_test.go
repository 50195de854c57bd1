package contracts

import (
	"bytes"
	"errors"
	"maps"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
)

func TestConstructKeepsCodeAndStorage(t *testing.T) {
	for _, test := range []struct {
		name     string
		creation string
		code     string
		storage  map[common.Hash]common.Hash
		revert   string
		err      error
	}{
		{
			name: "slots 1 and 2 set, 2 cleared again, returns one STOP",
			creation: "6005600155" + "6007600255" + "6000600255" +
				"60016000f3",
			code:    "00",
			storage: map[common.Hash]common.Hash{{31: 1}: {31: 5}},
		},
		{
			name:     "the contract's address is the one it will have",
			creation: "3060005260206000f3",
			code:     "000000000000000000000000" + "c000000000000000000000000000000000000007",
		},
		{
			name:     "reverts with four bytes",
			creation: "6001600155" + "631122334460e01b60005260046000fd",
			revert:   "11223344",
			err:      vm.ErrExecutionReverted,
		},
		{
			name:     "never ends",
			creation: "5b600056",
			err:      vm.ErrOutOfGas,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := common.HexToAddress("0xC000000000000000000000000000000000000007")
			account, revert, err := construct(l1ChainConfig(1), 1, at, common.Hex2Bytes(test.creation))
			if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if !bytes.Equal(revert, common.Hex2Bytes(test.revert)) {
				t.Errorf("revert data %x, want %s", revert, test.revert)
			}
			if test.err != nil {
				if account.Code != nil || account.Storage != nil {
					t.Errorf("account %+v of a contract that was not made", account)
				}
				return
			}
			want := types.Account{Code: common.Hex2Bytes(test.code), Storage: test.storage, Nonce: 1}
			if !bytes.Equal(account.Code, want.Code) || !maps.Equal(account.Storage, want.Storage) || account.Nonce != 1 || account.Balance.Sign() != 0 {
				t.Errorf("got %+v, want %+v", account, want)
			}
		})
	}
}
