package inspect

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/upgrades"
)

// L1Info is what the first transaction of an L2 block says about its L1 origin (specs: protocol/deposits.md). The fields
// behind Batcher are those of Format only.
type L1Info struct {
	Format         string         `json:"format"`   // the fork that brought it: bedrock, ecotone, isthmus, jovian
	Function       string         `json:"function"` // that is called
	Number         uint64         `json:"number"`
	Hash           common.Hash    `json:"hash"`
	Time           uint64         `json:"time"`
	BaseFee        string         `json:"baseFee"` // wei
	SequenceNumber uint64         `json:"sequenceNumber"`
	Batcher        common.Address `json:"batcher"`

	L1FeeOverhead        *eth.Bytes32 `json:"l1FeeOverhead,omitempty"`     // bedrock
	L1FeeScalar          *eth.Bytes32 `json:"l1FeeScalar,omitempty"`       // bedrock
	BlobBaseFee          string       `json:"blobBaseFee,omitempty"`       // wei; from ecotone on
	BaseFeeScalar        *uint32      `json:"baseFeeScalar,omitempty"`     // from ecotone on
	BlobBaseFeeScalar    *uint32      `json:"blobBaseFeeScalar,omitempty"` // from ecotone on
	OperatorFeeScalar    *uint32      `json:"operatorFeeScalar,omitempty"` // from isthmus on
	OperatorFeeConstant  *uint64      `json:"operatorFeeConstant,omitempty"`
	DAFootprintGasScalar *uint16      `json:"daFootprintGasScalar,omitempty"` // from jovian on
}

// infoFunctions are the calls of the formats.
var infoFunctions = map[rollup.InfoFormat]struct{ fork, function string }{
	rollup.InfoBedrock: {"bedrock", "setL1BlockValues"},
	rollup.InfoEcotone: {"ecotone", "setL1BlockValuesEcotone"},
	rollup.InfoIsthmus: {"isthmus", "setL1BlockValuesIsthmus"},
	rollup.InfoJovian:  {"jovian", "setL1BlockValuesJovian"},
}

// addL1Info reads the data of a call of the L1Block predeploy.
func (t *Tx) addL1Info(tx *types.Transaction) {
	data := tx.Data()
	if t.To == nil || *t.To != attributes.L1BlockAddress || len(data) < 4 {
		return
	}
	for format := rollup.InfoBedrock; format <= rollup.InfoJovian; format++ {
		if selector := (&attributes.L1Info{}).Encode(format)[:4]; [4]byte(data) != [4]byte(selector) {
			continue
		}
		info, err := attributes.ParseL1Info(data, format)
		if err != nil {
			t.Notes = append(t.Notes, fmt.Sprintf("it calls %s, but %s", infoFunctions[format].function, err))
			return
		}
		t.L1Info = l1Info(&info, format)
		if t.Deposit != nil && t.Deposit.SourceHash != attributes.L1InfoSource(info.BlockHash, info.SequenceNumber) {
			t.Notes = append(t.Notes, "the source hash is not that of this L1 block and sequence number")
		}
		return
	}
}

func l1Info(i *attributes.L1Info, format rollup.InfoFormat) *L1Info {
	out := &L1Info{
		Format: infoFunctions[format].fork, Function: infoFunctions[format].function,
		Number: i.Number, Hash: i.BlockHash, Time: i.Time, BaseFee: i.BaseFee.Dec(), SequenceNumber: i.SequenceNumber, Batcher: i.BatcherAddr,
	}
	if format == rollup.InfoBedrock {
		out.L1FeeOverhead, out.L1FeeScalar = &i.L1FeeOverhead, &i.L1FeeScalar
		return out
	}
	out.BlobBaseFee, out.BaseFeeScalar, out.BlobBaseFeeScalar = i.BlobBaseFee.Dec(), &i.BaseFeeScalar, &i.BlobBaseFeeScalar
	if format >= rollup.InfoIsthmus {
		out.OperatorFeeScalar, out.OperatorFeeConstant = &i.OperatorFeeScalar, &i.OperatorFeeConstant
	}
	if format >= rollup.InfoJovian {
		out.DAFootprintGasScalar = &i.DAFootprintGasScalar
	}
	return out
}

func (i *L1Info) text(p *page) {
	p.WriteByte('\n')
	p.row("L1 info", "%s, the format that %s brought", i.Function, i.Format)
	p.row("L1 block", "%d %s", i.Number, i.Hash)
	p.row("time", "%s", moment(i.Time))
	p.row("sequence", "L2 block %d of this epoch, from 0", i.SequenceNumber)
	p.row("batcher", "%s", i.Batcher)
	p.row("base fee", "%s", gwei(i.BaseFee))
	if i.BlobBaseFee != "" {
		p.row("blob base fee", "%s", gwei(i.BlobBaseFee))
	}
	if i.L1FeeScalar != nil {
		p.row("fee overhead", "%s", number256(i.L1FeeOverhead))
		p.row("fee scalar", "%s", number256(i.L1FeeScalar))
	}
	if i.BaseFeeScalar != nil {
		p.row("scalars", "base fee %d, blob base fee %d", *i.BaseFeeScalar, *i.BlobBaseFeeScalar)
	}
	if i.OperatorFeeScalar != nil {
		p.row("operator fee", "scalar %d, constant %d", *i.OperatorFeeScalar, *i.OperatorFeeConstant)
	}
	if i.DAFootprintGasScalar != nil {
		p.row("DA footprint", "%d gas per byte", *i.DAFootprintGasScalar)
	}
}

// number256 writes a word as a number.
func number256(b *eth.Bytes32) string { return common.Hash(*b).Big().String() }

// Upgrade says which upgrade transaction a deposit is.
type Upgrade struct {
	Fork  string `json:"fork"`
	Index int    `json:"index"` // from 0
	Of    int    `json:"of"`
}

func (u *Upgrade) String() string {
	return fmt.Sprintf("transaction %d (from 0) of the %d by which %s begins", u.Index, u.Of, u.Fork)
}

// upgrade finds an upgrade transaction by its hash; nil if it is none.
func upgrade(hash common.Hash) *Upgrade {
	for _, fork := range rollup.Forks() {
		txs, _ := upgrades.Transactions(fork)
		for i, tx := range txs {
			if hashOf(tx) == hash {
				return &Upgrade{Fork: fork.String(), Index: i, Of: len(txs)}
			}
		}
	}
	return nil
}
