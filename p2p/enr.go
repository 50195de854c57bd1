package p2p

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	ethcrypto "github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/enr"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multiaddr"
)

// opstackVersion is the one version of the "opstack" entry in use.
const opstackVersion = 0

// opstackEntry is the entry "opstack" of a node record: the unsigned varints of chain id and version in one byte string
// (WIRE 4; rollup-node-p2p.md#structure). Bytes that follow are of later versions and not looked at.
type opstackEntry struct {
	ChainID, Version uint64
}

// ENRKey names the entry.
func (*opstackEntry) ENRKey() string { return "opstack" }

// EncodeRLP writes the entry.
func (e *opstackEntry) EncodeRLP(w io.Writer) error {
	return rlp.Encode(w, binary.AppendUvarint(binary.AppendUvarint(nil, e.ChainID), e.Version))
}

// DecodeRLP reads the entry. What it holds is bounded by the size of a record, 300 bytes.
func (e *opstackEntry) DecodeRLP(s *rlp.Stream) error {
	b, err := s.Bytes()
	if err != nil {
		return err
	}
	chainID, n := binary.Uvarint(b)
	if n <= 0 {
		return errors.New("opstack entry: no chain id")
	}
	version, m := binary.Uvarint(b[n:])
	if m <= 0 {
		return errors.New("opstack entry: no version")
	}
	e.ChainID, e.Version = chainID, version
	return nil
}

// RecordVerdict says whether the record of a discovered node is of use, and if not, why.
type RecordVerdict string

// What a record can be.
const (
	RecordOurs         RecordVerdict = "ours"
	RecordNotOPStack   RecordVerdict = "no opstack entry" // a node of L1 or of another network: most of the table
	RecordBadEntry     RecordVerdict = "opstack entry unreadable"
	RecordOtherChain   RecordVerdict = "another chain"
	RecordOtherVersion RecordVerdict = "another opstack version"
	RecordNoAddress    RecordVerdict = "no IP address or TCP port"
)

// checkRecord judges a record by its entries. chainID is what the record says, if it says any.
func checkRecord(node *enode.Node, want uint64) (verdict RecordVerdict, chainID uint64) {
	var entry opstackEntry
	err := node.Load(&entry)
	switch {
	case enr.IsNotFound(err):
		return RecordNotOPStack, 0
	case err != nil:
		return RecordBadEntry, 0
	case entry.ChainID != want:
		return RecordOtherChain, entry.ChainID
	case entry.Version != opstackVersion:
		return RecordOtherVersion, entry.ChainID
	case !node.IPAddr().IsValid() || node.TCP() == 0:
		return RecordNoAddress, entry.ChainID
	}
	return RecordOurs, entry.ChainID
}

// addrInfo is where and as whom libp2p finds the node of a record: discovery and libp2p share the key.
func addrInfo(node *enode.Node) (peer.AddrInfo, error) {
	id, err := peerID(node)
	if err != nil {
		return peer.AddrInfo{}, err
	}
	family := "ip4"
	ip := node.IPAddr().Unmap()
	if ip.Is6() {
		family = "ip6"
	}
	addr, err := multiaddr.NewMultiaddr(fmt.Sprintf("/%s/%s/tcp/%d", family, ip, node.TCP()))
	if err != nil {
		return peer.AddrInfo{}, fmt.Errorf("address of a node record: %w", err)
	}
	return peer.AddrInfo{ID: id, Addrs: []multiaddr.Multiaddr{addr}}, nil
}

func peerID(node *enode.Node) (peer.ID, error) {
	key := node.Pubkey()
	if key == nil {
		return "", errors.New("node record without a secp256k1 key")
	}
	pub, err := crypto.UnmarshalSecp256k1PublicKey(ethcrypto.CompressPubkey(key))
	if err != nil {
		return "", fmt.Errorf("key of a node record: %w", err)
	}
	id, err := peer.IDFromPublicKey(pub)
	if err != nil {
		return "", fmt.Errorf("peer id of a node record: %w", err)
	}
	return id, nil
}

// nodeID is the id in discovery of a libp2p peer: the hash of the same key. It is zero for a peer with another kind of
// key, or one whose id does not contain its key.
func nodeID(id peer.ID) enode.ID {
	pub, err := id.ExtractPublicKey()
	if err != nil {
		return enode.ID{}
	}
	key, ok := pub.(*crypto.Secp256k1PublicKey)
	if !ok {
		return enode.ID{}
	}
	return enode.PubkeyToIDV4((*secp256k1.PublicKey)(key).ToECDSA())
}
