package recording

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Difference is a field that a recorded block has otherwise than L1 says.
type Difference struct {
	Field    string `json:"field"`
	Recorded string `json:"recorded"`
	Derived  string `json:"derived"`
}

// maxTxDifferences is how many transactions of a block are told that differ.
const maxTxDifferences = 8

// Differences are all fields in which a block is not the one that building attrs on parent would give. There are none
// exactly if attributes.Matches says so.
func Differences(cfg *rollup.Config, attrs *eth.PayloadAttributes, parent common.Hash, block *eth.PayloadEnvelope) []Difference {
	mismatch := attributes.Matches(cfg, attrs, parent, block)
	if mismatch == attributes.MismatchNone {
		return nil
	}
	var out []Difference
	p := block.ExecutionPayload
	add := func(field string, same bool, recorded, derived any) {
		if !same {
			out = append(out, Difference{field, fmt.Sprint(recorded), fmt.Sprint(derived)})
		}
	}
	add("parentHash", p.ParentHash == parent, p.ParentHash, parent)
	add("timestamp", p.Timestamp == attrs.Timestamp, p.Timestamp, attrs.Timestamp)
	add("prevRandao", p.PrevRandao == attrs.PrevRandao, p.PrevRandao, attrs.PrevRandao)
	add("number of transactions", len(p.Transactions) == len(attrs.Transactions), len(p.Transactions), len(attrs.Transactions))
	out = append(out, differentTxs(attrs, p)...)
	add("gasLimit", p.GasLimit == attrs.GasLimit, p.GasLimit, attrs.GasLimit)
	add("parentBeaconBlockRoot", hashText(block.ParentBeaconBlockRoot) == hashText(attrs.ParentBeaconBlockRoot),
		hashText(block.ParentBeaconBlockRoot), hashText(attrs.ParentBeaconBlockRoot))
	add("feeRecipient", p.FeeRecipient == attrs.SuggestedFeeRecipient, p.FeeRecipient, attrs.SuggestedFeeRecipient)
	switch mismatch {
	case attributes.MismatchWithdrawals:
		add("withdrawals", false, countText(p.Withdrawals), countText(attrs.Withdrawals))
	case attributes.MismatchWithdrawalsRoot:
		add("withdrawalsRoot", false, hashText(p.WithdrawalsRoot), "one, or none, as the fork demands")
	case attributes.MismatchExtraData, attributes.MismatchEIP1559Params, attributes.MismatchMinBaseFee:
		add("extraData", false, fmt.Sprintf("%#x", p.ExtraData), feesText(attrs))
	default:
	}
	if len(out) == 0 {
		add(mismatch.String(), false, "another one", "")
	}
	return out
}

// differentTxs are the places at which both have another transaction, the first of them.
func differentTxs(attrs *eth.PayloadAttributes, p *eth.ExecutionPayload) (out []Difference) {
	text := func(txs int, tx []byte) string {
		if txs == 0 {
			return "none"
		}
		kind := "transaction"
		if eth.IsDeposit(tx) {
			kind = "deposit"
		}
		return fmt.Sprintf("%s %s", kind, crypto.Keccak256Hash(tx))
	}
	for i := range max(len(attrs.Transactions), len(p.Transactions)) {
		var ours, theirs []byte
		haveOurs, haveTheirs := 0, 0
		if i < len(attrs.Transactions) {
			ours, haveOurs = attrs.Transactions[i], 1
		}
		if i < len(p.Transactions) {
			theirs, haveTheirs = p.Transactions[i], 1
		}
		if haveOurs == haveTheirs && bytes.Equal(ours, theirs) {
			continue
		}
		out = append(out, Difference{fmt.Sprintf("transactions[%d]", i), text(haveTheirs, theirs), text(haveOurs, ours)})
		if len(out) == maxTxDifferences {
			break
		}
	}
	return out
}

func hashText(h *common.Hash) string {
	if h == nil {
		return "none"
	}
	return h.Hex()
}

func countText(w *types.Withdrawals) string {
	if w == nil {
		return "none"
	}
	return fmt.Sprintf("a list of %d", len(*w))
}

// feesText is what of the attributes goes into the extra data.
func feesText(attrs *eth.PayloadAttributes) string {
	if attrs.EIP1559Params == nil {
		return "none"
	}
	text := "EIP-1559 parameters " + attrs.EIP1559Params.String()
	if *attrs.EIP1559Params == (eth.Bytes8{}) {
		text += " (the chain's constants)"
	}
	if attrs.MinBaseFee != nil {
		text += fmt.Sprintf(", minimum base fee %d wei", *attrs.MinBaseFee)
	}
	return text
}
