package txmgr

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

// Client is what a Manager asks of an L1 endpoint; *ethclient.Client is one. TransactionReceipt answers
// ethereum.NotFound for a transaction that is not in the canonical chain. The prices come from the endpoint
// (eth_maxPriorityFeePerGas, eth_blobBaseFee), so no blob schedule of L1 is needed here.
type Client interface {
	ChainID(ctx context.Context) (*big.Int, error)
	HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error)
	NonceAt(ctx context.Context, account common.Address, blockNumber *big.Int) (uint64, error)
	PendingNonceAt(ctx context.Context, account common.Address) (uint64, error)
	SuggestGasTipCap(ctx context.Context) (*big.Int, error)
	BlobBaseFee(ctx context.Context) (*big.Int, error)
	EstimateGas(ctx context.Context, msg ethereum.CallMsg) (uint64, error)
	SendTransaction(ctx context.Context, tx *types.Transaction) error
	TransactionReceipt(ctx context.Context, txHash common.Hash) (*types.Receipt, error)
}

// Signer signs a transaction for an account. A blob transaction comes without its sidecar, which is not signed.
type Signer func(ctx context.Context, from common.Address, tx *types.Transaction) (*types.Transaction, error)

// PrivateKeySigner signs with a key in memory and returns the account it signs for. It refuses any other account.
func PrivateKeySigner(key *ecdsa.PrivateKey) (Signer, common.Address) {
	account := crypto.PubkeyToAddress(key.PublicKey)
	return func(_ context.Context, from common.Address, tx *types.Transaction) (*types.Transaction, error) {
		if from != account {
			return nil, fmt.Errorf("sign for %s: the key is that of %s", from, account)
		}
		return types.SignTx(tx, types.LatestSignerForChainID(tx.ChainId()), key)
	}, account
}

// checkSigned makes sure that a signer returned what it was given, signed by whom it should.
func checkSigned(want, got *types.Transaction, from common.Address) error {
	if got == nil {
		return errors.New("signer returned nothing")
	}
	s := types.LatestSignerForChainID(want.ChainId())
	if s.Hash(got) != s.Hash(want) {
		return errors.New("signer returned another transaction")
	}
	sender, err := types.Sender(s, got)
	if err != nil {
		return fmt.Errorf("recover sender of signed transaction: %w", err)
	}
	if sender != from {
		return fmt.Errorf("signer signs for %s, want %s", sender, from)
	}
	return nil
}
