package inspect

import (
	"errors"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/channel"
)

// Tx is a transaction of L1 or L2. What its type does not have is left out.
type Tx struct {
	Type     uint8       `json:"type"`
	TypeName string      `json:"typeName"`
	Hash     common.Hash `json:"hash"`
	Bytes    int         `json:"bytes"`             // of its encoding, with the sidecar if it has one
	ChainID  string      `json:"chainId,omitempty"` // decimal
	Chain    string      `json:"chain,omitempty"`   // name of it, if known

	From *common.Address `json:"from,omitempty"` // recovered, or the one that a deposit says
	To   *common.Address `json:"to,omitempty"`   // nil: creates a contract
	// Inbox is the name of the chain whose batches are sent to To.
	Inbox string  `json:"inbox,omitempty"`
	Nonce *uint64 `json:"nonce,omitempty"`
	Value string  `json:"value"` // wei
	Gas   uint64  `json:"gas"`   // limit

	GasPrice       string `json:"gasPrice,omitempty"`       // wei
	MaxFee         string `json:"maxFee,omitempty"`         // wei
	MaxPriorityFee string `json:"maxPriorityFee,omitempty"` // wei
	MaxBlobFee     string `json:"maxBlobFee,omitempty"`     // wei

	AccessList     int           `json:"accessList,omitempty"`     // addresses
	Authorizations int           `json:"authorizations,omitempty"` // EIP-7702
	BlobHashes     []common.Hash `json:"blobHashes,omitempty"`
	// Sidecar are the blobs that come with a transaction in its network form.
	Sidecar   *Blobs        `json:"sidecar,omitempty"`
	DataBytes int           `json:"dataBytes"`
	DataHead  hexutil.Bytes `json:"dataHead,omitempty"` // the first 32 bytes of it

	Deposit *Deposit `json:"deposit,omitempty"`
	L1Info  *L1Info  `json:"l1Info,omitempty"`
	Upgrade *Upgrade `json:"upgrade,omitempty"`
	// Item is what the data of a batcher transaction carries.
	Item  *Item    `json:"item,omitempty"`
	Notes []string `json:"notes,omitempty"`
}

// Deposit is what only deposits have (specs: protocol/deposits.md).
type Deposit struct {
	SourceHash common.Hash `json:"sourceHash"`
	Mint       string      `json:"mint,omitempty"` // wei
	System     bool        `json:"system"`         // takes no gas of the block; not from Regolith on
}

// ReadTx reads a transaction as hex, raw bytes, or JSON of eth_getTransactionByHash.
func ReadTx(in Input, o Options) (*Tx, error) {
	v, err := in.one()
	if err != nil {
		return nil, err
	}
	tx := v.tx
	if tx == nil {
		if tx, err = decodeTx(v.data); err != nil {
			return nil, err
		}
	}
	out := readTx(tx, o)
	if v.claimed != (common.Hash{}) && v.claimed != out.Hash {
		out.Notes = append(out.Notes, fmt.Sprintf("the JSON says hash %s, which its fields do not have", v.claimed))
	}
	return out, nil
}

func decodeTx(data []byte) (*types.Transaction, error) {
	if len(data) == channel.BlobSize && data[0] == 0 {
		return nil, fmt.Errorf("expected a transaction, found %s, as many as a blob has ('cairn inspect blob' reads it)", count(len(data), "byte"))
	}
	tx := new(types.Transaction)
	err := tx.UnmarshalBinary(data)
	if err == nil {
		return tx, nil
	}
	if _, reason := channel.ParseFrames(data); reason == channel.None {
		return nil, errors.New("expected a transaction, found an item with frames ('cairn inspect frame' reads it)")
	}
	return nil, fmt.Errorf("expected a transaction, found %s", locate(data, err))
}

func readTx(tx *types.Transaction, o Options) *Tx {
	encoded, _ := tx.MarshalBinary() // writes to memory
	out := &Tx{
		Type: tx.Type(), TypeName: typeNames[tx.Type()], Hash: tx.Hash(), Bytes: len(encoded),
		To: tx.To(), Value: tx.Value().String(), Gas: tx.Gas(),
		AccessList: len(tx.AccessList()), Authorizations: len(tx.SetCodeAuthorizations()),
		BlobHashes: tx.BlobHashes(), DataBytes: len(tx.Data()), DataHead: tx.Data()[:min(32, len(tx.Data()))],
	}
	out.Inbox = o.inboxOf(out.To, tx.ChainId())
	from, err := sender(tx)
	if err == nil {
		out.From = &from
	} else if !unsigned(tx) {
		out.Notes = append(out.Notes, fmt.Sprintf("nobody has signed it: %s", err))
	}
	out.addFees(tx)
	if !unsigned(tx) {
		nonce := tx.Nonce()
		out.Nonce = &nonce
		if id := tx.ChainId(); tx.Type() != types.LegacyTxType || tx.Protected() {
			out.ChainID, out.Chain = id.String(), o.nameOf(id)
		} else {
			out.Notes = append(out.Notes, "it is valid on every chain: the signature is not for one (EIP-155)")
		}
	}
	if tx.Type() == types.DepositTxType {
		out.Deposit = &Deposit{SourceHash: tx.SourceHash(), System: tx.IsSystemTx()}
		if mint := tx.Mint(); mint != nil && mint.Sign() > 0 {
			out.Deposit.Mint = mint.String()
		}
		out.Upgrade = upgrade(out.Hash)
	}
	out.addL1Info(tx)
	out.addSidecar(tx, o)
	out.addItem(tx, o)
	return out
}

// unsigned says whether a type has no signature.
func unsigned(tx *types.Transaction) bool {
	return tx.Type() == types.DepositTxType || tx.Type() == types.PostExecTxType
}

// sender recovers who has signed.
func sender(tx *types.Transaction) (common.Address, error) {
	switch {
	case tx.Type() == types.PostExecTxType:
		return common.Address{}, errors.New("it has no sender")
	case tx.Type() == types.LegacyTxType && !tx.Protected():
		return types.Sender(types.HomesteadSigner{}, tx)
	case tx.Type() == types.DepositTxType:
		return types.Sender(types.LatestSignerForChainID(common.Big1), tx) // it says its sender, on every chain
	case tx.ChainId().Sign() <= 0:
		return common.Address{}, errors.New("there is no chain 0")
	}
	return types.Sender(types.LatestSignerForChainID(tx.ChainId()), tx)
}

func (t *Tx) addFees(tx *types.Transaction) {
	switch tx.Type() {
	case types.LegacyTxType, types.AccessListTxType:
		t.GasPrice = tx.GasPrice().String()
	case types.BlobTxType:
		t.MaxBlobFee = tx.BlobGasFeeCap().String()
		t.MaxFee, t.MaxPriorityFee = tx.GasFeeCap().String(), tx.GasTipCap().String()
	case types.DynamicFeeTxType, types.SetCodeTxType:
		t.MaxFee, t.MaxPriorityFee = tx.GasFeeCap().String(), tx.GasTipCap().String()
	}
}

// addSidecar reads the blobs that came along, and holds them against the hashes.
func (t *Tx) addSidecar(tx *types.Transaction, o Options) {
	sidecar := tx.BlobTxSidecar()
	if sidecar == nil {
		return
	}
	t.Sidecar = &Blobs{Count: len(sidecar.Blobs), Blobs: []Blob{}}
	if len(sidecar.Blobs) != len(t.BlobHashes) {
		t.Notes = append(t.Notes, fmt.Sprintf("%s come with it, but it names %d", count(len(sidecar.Blobs), "blob"), len(t.BlobHashes)))
	}
	for i := range sidecar.Blobs {
		if !o.more(i) {
			return
		}
		var claimed []byte
		if i < len(sidecar.Commitments) {
			claimed = sidecar.Commitments[i][:]
		}
		b := readBlob((*[channel.BlobSize]byte)(&sidecar.Blobs[i]), claimed, o)
		if b.VersionedHash == nil || i >= len(t.BlobHashes) || *b.VersionedHash != t.BlobHashes[i] {
			b.Notes = append(b.Notes, "the transaction names another blob in this place")
		}
		t.Sidecar.Blobs = append(t.Sidecar.Blobs, b)
	}
}

// addItem reads the data as that of a batcher transaction, if it is one.
func (t *Tx) addItem(tx *types.Transaction, o Options) {
	data := tx.Data()
	switch {
	case tx.Type() == types.BlobTxType && t.Inbox != "":
		if len(data) > 0 {
			t.Notes = append(t.Notes, "nodes ignore the data of a batcher transaction with blobs")
		}
		if t.Sidecar == nil {
			t.Notes = append(t.Notes, "its batches are in its blobs: get them from a Beacon API and give them to 'cairn inspect blob' or 'channel'")
		}
	case unsigned(tx):
		return
	case t.Inbox != "":
		t.Item, _ = readItem(data, o)
	default:
		if _, reason := channel.ParseFrames(data); reason == channel.None {
			t.Item, _ = readItem(data, o)
		}
		return
	}
	if o.Chain == nil || t.From == nil || t.To == nil || o.Chain.BatchInboxAddress != *t.To {
		return
	}
	if *t.From != o.Chain.Genesis.SystemConfig.BatcherAddr {
		t.Notes = append(t.Notes, "the sender is not the batcher that the chain began with: nodes ignore it unless the system config has changed since")
	}
}

// typeNames are the types of EIP-2718 envelopes.
var typeNames = map[uint8]string{
	types.LegacyTxType: "legacy", types.AccessListTxType: "access-list", types.DynamicFeeTxType: "dynamic-fee",
	types.BlobTxType: "blob", types.SetCodeTxType: "set-code", types.PostExecTxType: "post-exec", types.DepositTxType: "deposit",
}

// typeName names the type of an encoded transaction.
func typeName(raw []byte) string {
	const list = 0xc0
	switch {
	case len(raw) == 0:
		return "empty"
	case raw[0] >= list:
		return typeNames[types.LegacyTxType]
	case raw[0] != types.LegacyTxType && typeNames[raw[0]] != "":
		return typeNames[raw[0]]
	}
	return fmt.Sprintf("type-0x%02x", raw[0])
}

// WriteText writes the transaction for people.
func (t *Tx) WriteText(w io.Writer) error {
	var p page
	p.row("transaction", "type %d, %s, %s", t.Type, t.TypeName, count(t.Bytes, "byte"))
	p.row("hash", "%s", t.Hash)
	if t.ChainID != "" {
		p.row("chain", "%s", named(t.ChainID, t.Chain))
	}
	if t.From != nil {
		p.row("from", "%s%s", t.From, who(*t.From))
	}
	switch {
	case t.Type == types.PostExecTxType: // has no recipient
	case t.To == nil:
		p.row("to", "nobody: creates a contract")
	case t.Inbox != "":
		p.row("to", "%s, the batch inbox of %s", t.To, t.Inbox)
	default:
		p.row("to", "%s%s", t.To, who(*t.To))
	}
	if t.Nonce != nil {
		p.row("nonce", "%d", *t.Nonce)
	}
	p.row("value", "%s", ether(t.Value))
	p.row("gas limit", "%s", thousands(t.Gas))
	t.feeText(&p)
	if t.AccessList > 0 {
		p.row("access list", "%s", count(t.AccessList, "address"))
	}
	if t.Authorizations > 0 {
		p.row("authorizations", "%d", t.Authorizations)
	}
	for i, hash := range t.BlobHashes {
		p.row(fmt.Sprintf("blob hash %d", i), "%s", hash)
	}
	t.dataText(&p)
	if t.Deposit != nil {
		p.row("source hash", "%s", t.Deposit.SourceHash)
		if t.Deposit.Mint != "" {
			p.row("mint", "%s", ether(t.Deposit.Mint))
		}
		if t.Deposit.System {
			p.row("system", "yes: it takes no gas of the block")
		}
	}
	if t.Upgrade != nil {
		p.row("upgrade", "%s", t.Upgrade)
	}
	p.notes(t.Notes)
	if t.L1Info != nil {
		t.L1Info.text(&p)
	}
	if t.Item != nil {
		p.WriteByte('\n')
		t.Item.text(&p)
	}
	if t.Sidecar != nil {
		for i := range t.Sidecar.Blobs {
			p.WriteByte('\n')
			t.Sidecar.Blobs[i].text(&p, fmt.Sprintf(" %d", i))
		}
		p.left(t.Sidecar.Count, len(t.Sidecar.Blobs))
	}
	return p.to(w)
}

func (t *Tx) feeText(p *page) {
	for _, fee := range []struct{ name, wei string }{
		{"gas price", t.GasPrice}, {"max fee", t.MaxFee}, {"priority fee", t.MaxPriorityFee}, {"max blob fee", t.MaxBlobFee},
	} {
		if fee.wei != "" {
			p.row(fee.name, "%s", gwei(fee.wei))
		}
	}
}

func (t *Tx) dataText(p *page) {
	head := ""
	if t.DataBytes > 0 {
		head = ": " + t.DataHead.String()
	}
	if t.DataBytes > len(t.DataHead) {
		head += "…"
	}
	p.row("data", "%s%s", count(t.DataBytes, "byte"), head)
}

func named(id, name string) string {
	if name == "" {
		return id
	}
	return id + ", " + name
}

// who names the addresses that derivation uses.
func who(a common.Address) string {
	switch a {
	case attributes.L1BlockAddress:
		return ", the L1Block predeploy"
	case attributes.DepositorAddress:
		return ", the depositor of L1 info"
	case attributes.SequencerFeeVaultAddress:
		return ", the sequencer fee vault"
	}
	return ""
}
