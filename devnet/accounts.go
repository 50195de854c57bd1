package devnet

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// Mnemonic is the one that every Ethereum development chain uses. Its keys are public: never fund them elsewhere.
const Mnemonic = "test test test test test test test test test test test junk"

// Funded is the number of accounts with money on both layers. The roles come after them.
const Funded = 10

const (
	batcherIndex = Funded + iota
	ownerIndex
	signerIndex
)

// Account is a key that is known to everyone.
type Account struct {
	Address    common.Address `json:"address"`
	PrivateKey hexutil.Bytes  `json:"privateKey"`

	key *ecdsa.PrivateKey
}

// deriveAccount gives account n of the mnemonic, at the path m/44'/60'/0'/0/n (BIP-39, BIP-32, BIP-44).
func deriveAccount(n uint32) (Account, error) {
	seed, err := pbkdf2.Key(sha512.New, Mnemonic, []byte("mnemonic"), 2048, 64)
	if err != nil {
		return Account{}, fmt.Errorf("stretch mnemonic: %w", err)
	}
	key, chain := split(seed, []byte("Bitcoin seed"))
	for _, index := range append(accounts.DefaultRootDerivationPath, n) {
		if key, chain, err = child(key, chain, index); err != nil {
			return Account{}, err
		}
	}
	private, err := crypto.ToECDSA(key)
	if err != nil {
		return Account{}, fmt.Errorf("account %d: %w", n, err)
	}
	return Account{Address: crypto.PubkeyToAddress(private.PublicKey), PrivateKey: key, key: private}, nil
}

// child is BIP-32's private parent key → private child key.
func child(key, chain []byte, index uint32) (childKey, childChain []byte, err error) {
	data := append([]byte{0}, key...)
	if index < 1<<31 { // not hardened
		private, err := crypto.ToECDSA(key)
		if err != nil {
			return nil, nil, fmt.Errorf("derive key: %w", err)
		}
		data = crypto.CompressPubkey(&private.PublicKey)
	}
	left, childChain := split(binary.BigEndian.AppendUint32(data, index), chain)
	sum := new(big.Int).Add(new(big.Int).SetBytes(left), new(big.Int).SetBytes(key))
	return sum.Mod(sum, crypto.S256().Params().N).FillBytes(make([]byte, 32)), childChain, nil
}

func split(data, secret []byte) (left, right []byte) {
	mac := hmac.New(sha512.New, secret)
	mac.Write(data)
	sum := mac.Sum(nil)
	return sum[:32], sum[32:]
}

// cast are all accounts of a devnet.
type cast struct {
	funded                 []Account
	batcher, owner, signer Account
}

func newCast() (cast, error) {
	var c cast
	for n := range uint32(Funded) {
		a, err := deriveAccount(n)
		if err != nil {
			return c, err
		}
		c.funded = append(c.funded, a)
	}
	for n, to := range map[uint32]*Account{batcherIndex: &c.batcher, ownerIndex: &c.owner, signerIndex: &c.signer} {
		a, err := deriveAccount(n)
		if err != nil {
			return c, err
		}
		*to = a
	}
	return c, nil
}
