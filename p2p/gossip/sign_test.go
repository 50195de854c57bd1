package gossip_test

import (
	"encoding/json"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// keccak256(domain ++ chain_id ++ payload_hash), put together by hand.
func TestSigningHash(t *testing.T) {
	payloadHash := crypto.Keccak256([]byte("payload"))
	for _, c := range []struct {
		chain *big.Int
		hex   string
	}{
		{big.NewInt(10), "000000000000000000000000000000000000000000000000000000000000000a"},
		{new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(2)), "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"},
	} {
		want := crypto.Keccak256Hash(make([]byte, 32), unhex(t, c.hex), payloadHash)
		if got := gossip.SigningHash(c.chain, gossip.PayloadHash([]byte("payload"))); got != want {
			t.Errorf("chain %s: %s, want %s", c.chain, got, want)
		}
	}
}

func TestSignatureAndAddressBelongTogether(t *testing.T) {
	s := gossip.NewLocalSigner(sequencerKey)
	if s.Address() != common.HexToAddress("0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A") { // of the key 0x1111…
		t.Errorf("address %s", s.Address())
	}
	hash := common.Hash{1}
	sig, err := s.SignBlock(t.Context(), big.NewInt(10), hash)
	if err != nil {
		t.Fatal(err)
	}
	by, err := gossip.Recover(gossip.SigningHash(big.NewInt(10), hash), sig)
	if err != nil || by != s.Address() || sig[64] > 1 {
		t.Errorf("%x by %s, %v", sig, by, err)
	}
}

func TestSignatureIsHexInText(t *testing.T) {
	sig := sign(t, sequencerKey, []byte("block"))
	text, err := json.Marshal(sig)
	if err != nil || len(text) != 2+2+130 {
		t.Fatalf("%s, %v", text, err)
	}
	var back gossip.Signature
	if err := json.Unmarshal(text, &back); err != nil || back != sig {
		t.Errorf("%x, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`"0x1234"`), &back); err == nil {
		t.Error("two bytes are a signature")
	}
}
