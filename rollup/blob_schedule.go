package rollup

import "math/big"

// BlobSchedule says how L1 prices blobs over time (EIP-4844, EIP-7840): the update fraction of each fork or
// blob-parameter-only fork, ordered by time. It is a fact about L1 and not part of rollup.json.
type BlobSchedule []BlobParams

// BlobParams hold from a time on, in seconds since 1970.
type BlobParams struct {
	Time           uint64
	UpdateFraction uint64
}

// CancunUpdateFraction is the blob base fee update fraction of EIP-4844.
const CancunUpdateFraction = 3338477

// BaseFee is the price of one blob gas in wei at an L1 block with excess blob gas (EIP-4844 get_base_fee_per_blob_gas).
// A nil excess means that L1 has no blobs yet: the price is 1 (specs: Ecotone L1 attributes). cancun forces the
// parameters from before Prague (rollup.json pectra_blob_schedule_time). The price saturates at 2^256-1.
func (s BlobSchedule) BaseFee(excess *uint64, l1Time uint64, cancun bool) *big.Int {
	if excess == nil {
		return big.NewInt(1)
	}
	fraction := uint64(CancunUpdateFraction)
	for _, p := range s {
		if !cancun && p.Time <= l1Time {
			fraction = p.UpdateFraction
		}
	}
	if *excess/fraction >= maxExponent {
		return new(big.Int).Set(maxBlobBaseFee)
	}
	return fakeExponential(big.NewInt(1), new(big.Int).SetUint64(*excess), new(big.Int).SetUint64(fraction))
}

// A header that some L1 endpoint made up could carry an excess whose exponential takes forever and fits no 256 bits.
// No real chain gets near: e^177 wei is more ether than there is, by far.
const maxExponent = 177

var maxBlobBaseFee = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))

// fakeExponential approximates factor * e^(numerator/denominator) by the Taylor series of EIP-4844.
func fakeExponential(factor, numerator, denominator *big.Int) *big.Int {
	sum, term := new(big.Int), new(big.Int).Mul(factor, denominator)
	for i := int64(1); term.Sign() > 0; i++ {
		sum.Add(sum, term)
		term.Mul(term, numerator)
		term.Div(term, denominator)
		term.Div(term, big.NewInt(i))
	}
	return sum.Div(sum, denominator)
}
