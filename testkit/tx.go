package testkit

import (
	"crypto/ecdsa"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
)

// Key signs L1 transactions.
type Key struct {
	private *ecdsa.PrivateKey
	Address common.Address
}

// NewKey gives the key of a number.
func NewKey(n byte) Key {
	private, err := crypto.ToECDSA(crypto.Keccak256([]byte{'k', n}))
	if err != nil {
		panic(fmt.Sprintf("key %d: %v", n, err))
	}
	return Key{private, crypto.PubkeyToAddress(private.PublicKey)}
}

// Sign makes an L1 transaction of a type: 0 to 4, the legacy one for one chain only. Blobs are named in one of type 3.
func (k Key) Sign(typ uint8, chain *big.Int, to *common.Address, data []byte, blobs ...common.Hash) *types.Transaction {
	return k.sign(types.LatestSignerForChainID(chain), l1TxData(typ, chain, to, data, blobs))
}

// SignUnprotected makes a legacy transaction that is valid on every chain.
func (k Key) SignUnprotected(to *common.Address, data []byte) *types.Transaction {
	return k.sign(types.HomesteadSigner{}, l1TxData(types.LegacyTxType, nil, to, data, nil))
}

// Unsigned makes a transaction whose signature is none.
func Unsigned(chain *big.Int, to *common.Address, data []byte) *types.Transaction {
	return types.NewTx(l1TxData(types.DynamicFeeTxType, chain, to, data, nil))
}

// FromL2 is a deposit on an L1 that is itself a rollup. It has a sender without having a signature.
func FromL2(from common.Address, to *common.Address, data []byte) *types.Transaction {
	return types.NewTx(&types.DepositTx{From: from, To: to, Value: new(big.Int), Data: data})
}

func (k Key) sign(signer types.Signer, inner types.TxData) *types.Transaction {
	tx, err := types.SignNewTx(k.private, signer, inner)
	if err != nil {
		panic(fmt.Sprintf("sign: %v", err))
	}
	return tx
}

func l1TxData(typ uint8, chain *big.Int, to *common.Address, data []byte, blobs []common.Hash) types.TxData {
	const gas = 100_000
	switch typ {
	case types.LegacyTxType:
		return &types.LegacyTx{GasPrice: common.Big1, Gas: gas, To: to, Data: data}
	case types.AccessListTxType:
		return &types.AccessListTx{ChainID: chain, GasPrice: common.Big1, Gas: gas, To: to, Data: data}
	case types.DynamicFeeTxType:
		return &types.DynamicFeeTx{ChainID: chain, GasTipCap: common.Big1, GasFeeCap: common.Big2, Gas: gas, To: to, Data: data}
	case types.BlobTxType:
		return &types.BlobTx{ChainID: uint256.MustFromBig(chain), Gas: gas, To: *to, Data: data, BlobHashes: blobs}
	case types.SetCodeTxType:
		return &types.SetCodeTx{ChainID: uint256.MustFromBig(chain), Gas: gas, To: *to, Data: data, AuthList: []types.SetCodeAuthorization{{}}}
	default:
		panic(fmt.Sprintf("no L1 transaction of type %d", typ))
	}
}
