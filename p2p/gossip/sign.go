package gossip

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// SignatureSize is the length of a signature in bytes.
const SignatureSize = crypto.SignatureLength

// Signature is a secp256k1 signature: r (32 bytes), s (32 bytes), and the parity of the point's y, 0 or 1.
type Signature [SignatureSize]byte

// MarshalText writes 0x-hex.
func (s Signature) MarshalText() ([]byte, error) { return hexutil.Bytes(s[:]).MarshalText() }

// UnmarshalText reads exactly 65 bytes of 0x-hex.
func (s *Signature) UnmarshalText(text []byte) error {
	return hexutil.UnmarshalFixedText("Signature", text, s[:])
}

// signingDomain is for versions of what is signed. There is one.
var signingDomain [32]byte

// PayloadHash is the hash of what follows the signature in a message. It is not what is signed: that is SigningHash.
func PayloadHash(body []byte) common.Hash { return crypto.Keccak256Hash(body) }

// SigningHash is what the signature of a block signs: Keccak-256 of domain, L2 chain id (32 bytes, big endian) and
// payload hash (specs: rollup-node-p2p, block signatures).
func SigningHash(chainID *big.Int, payloadHash common.Hash) common.Hash {
	chain := common.BigToHash(chainID)
	return crypto.Keccak256Hash(signingDomain[:], chain[:], payloadHash[:])
}

var errParity = errors.New("the parity of y is neither 0 nor 1")

// Recover is the address of the key that signed. Both s of a pair that differs in sign are taken, as op-node does: who
// changes it makes another message of the same block, which is a Duplicate.
func Recover(signingHash common.Hash, sig Signature) (common.Address, error) {
	if sig[crypto.RecoveryIDOffset] > 1 {
		return common.Address{}, errParity
	}
	pub, err := crypto.Ecrecover(signingHash[:], sig[:])
	if err != nil {
		return common.Address{}, fmt.Errorf("recover key from signature: %w", err)
	}
	return common.Address(crypto.Keccak256(pub[1:])[12:]), nil
}

// Signer signs the blocks of a sequencer. The key is the chain's unsafe block signer; its nodes refuse any other.
type Signer interface {
	// SignBlock signs SigningHash(chainID, payloadHash).
	SignBlock(ctx context.Context, chainID *big.Int, payloadHash common.Hash) (Signature, error)
	// Address is that of the signing key.
	Address() common.Address
}

// LocalSigner signs with a key in memory.
type LocalSigner struct {
	key     *ecdsa.PrivateKey
	address common.Address
}

// NewLocalSigner makes a signer of a key.
func NewLocalSigner(key *ecdsa.PrivateKey) *LocalSigner {
	return &LocalSigner{key: key, address: crypto.PubkeyToAddress(key.PublicKey)}
}

// SignBlock signs at once: it does not look at the context.
func (s *LocalSigner) SignBlock(_ context.Context, chainID *big.Int, payloadHash common.Hash) (Signature, error) {
	hash := SigningHash(chainID, payloadHash)
	sig, err := crypto.Sign(hash[:], s.key)
	if err != nil {
		return Signature{}, fmt.Errorf("sign block: %w", err)
	}
	return Signature(sig), nil
}

// Address is that of the key.
func (s *LocalSigner) Address() common.Address { return s.address }
