package txmgr

import (
	"strings"
)

// answer is what a pool said to a transaction.
type answer uint8

const (
	unsent       answer = iota // nothing was sent yet
	accepted                   // it is in the pool
	unclear                    // no usable answer: it may be in the pool or not
	outbid                     // another transaction holds the nonce and pays too much to be replaced at this price
	tooCheap                   // below what the pool or the next block takes
	nonceLow                   // the nonce is used
	nonceGap                   // an earlier nonce is missing in the pool
	reserved                   // the pool holds transactions of the other type (blob or not) of this account
	noFunds                    // the account cannot pay the caps, or the endpoint's fee cap forbids them
	poolFull                   // no place, in the pool or for this account
	wrongSidecar               // blob proofs of the other version are wanted (EIP-7594)
	invalid                    // the content can never be accepted
)

var answerNames = [...]string{
	unsent: "unsent", accepted: "accepted", unclear: "unclear", outbid: "outbid", tooCheap: "too cheap",
	nonceLow: "nonce too low", nonceGap: "nonce gap", reserved: "reserved", noFunds: "no funds", poolFull: "pool full",
	wrongSidecar: "wrong sidecar", invalid: "invalid",
}

func (a answer) String() string { return answerNames[a] }

// answerTexts are the words of geth, reth, Nethermind, Besu and Erigon, in lower case. The first that occurs in an
// error decides, so the special stands before the general.
var answerTexts = []struct {
	text string
	answer
}{
	{"already known", accepted},
	{"alreadyknown", accepted},
	{"known transaction", accepted},
	{"existing tx with same hash", accepted},
	{"already imported", accepted},

	{"replacement transaction underpriced", outbid},
	{"replacement underpriced", outbid},
	{"could not replace existing", outbid},
	{"replacementnotallowed", outbid},
	{"future transaction tries to replace pending", outbid},

	{"nonce too low", nonceLow},
	{"oldnonce", nonceLow},

	{"nonce too high", nonceGap},
	{"noncegap", nonceGap},
	{"nonce too far", nonceGap},
	{"noncetoofarinfuture", nonceGap},
	{"gapped nonce", nonceGap},
	{"nonce is too distant", nonceGap},

	{"address already reserved", reserved},
	{"conflicts with existing transaction", reserved},
	{"pendingtxsofconflictingtype", reserved},
	{"pending transaction type conflict", reserved},

	{"insufficient funds", noFunds},
	{"insufficientfunds", noFunds},
	{"insufficient balance", noFunds},
	{"upfront cost exceeds account balance", noFunds},
	{"exceeds the configured cap", noFunds},

	{"account limit exceeded", poolFull},
	{"in-flight transaction limit reached", poolFull},
	{"txpool is full", poolFull},
	{"transaction pool is full", poolFull},

	{"unexpected sidecar version", wrongSidecar},
	{"sidecar after osaka", wrongSidecar},
	{"sidecar before osaka", wrongSidecar},
	{"blob proofs expected", wrongSidecar},

	{"underpriced", tooCheap},
	{"below minimum", tooCheap},
	{"feetoolow", tooCheap},
	{"less than block base fee", tooCheap},
	{"less than block blob gas fee", tooCheap},
	{"gas price below current base fee", tooCheap},
	{"blob gas price below current blob base fee", tooCheap},

	{"intrinsic gas too low", invalid},
	{"insufficient gas for floor data gas cost", invalid},
	{"exceeds block gas limit", invalid},
	{"exceeds maximum per-transaction gas limit", invalid},
	{"gas limit too high", invalid},
	{"oversized data", invalid},
	{"max initcode size exceeded", invalid},
	{"type not supported", invalid},
	{"blob limit exceeded", invalid},
	{"too many blobs", invalid},
	{"kzg verification error", invalid},
	{"invalid sender", invalid},
	{"invalid chain id", invalid},
}

// judge reads the error of SendTransaction. alsoKnown are further texts that mean accepted. A text nobody knows is
// unclear, which is the careful reading: the nonce then counts as out.
func judge(err error, alsoKnown []string) answer {
	if err == nil {
		return accepted
	}
	text := strings.ToLower(err.Error())
	for _, known := range alsoKnown {
		if known != "" && strings.Contains(text, strings.ToLower(known)) {
			return accepted
		}
	}
	for _, t := range answerTexts {
		if strings.Contains(text, t.text) {
			return t.answer
		}
	}
	return unclear
}
