package txmgr

import (
	"fmt"
	"math/big"
)

// fees are what a version of a transaction offers, in wei per gas. blobCap is nil without blobs.
type fees struct {
	tip, feeCap, blobCap *big.Int
}

// market is what L1 asks for now, in wei per gas. blobBaseFee is nil where nobody asked for it.
type market struct {
	tip, baseFee, blobBaseFee *big.Int
}

// bumpPercent is what geth's pools demand of each cap of a replacement: 110 %, and 200 % for blob transactions.
func bumpPercent(blob bool) int64 {
	if blob {
		return 200
	}
	return 110
}

// price is the offer of a new transaction: the tip L1 suggests, room for the base fee to double, and for blobs the
// same room. An error wraps ErrFeeLimit and means that the maximum of the configuration lies below the market.
func (c *Config) price(m market, blob bool) (fees, error) {
	f := c.marketPrice(m, blob)
	return f, c.checkLimit(f, m)
}

// marketPrice is price before any limit.
func (c *Config) marketPrice(m market, blob bool) fees {
	f := fees{tip: maxInt(m.tip, c.MinTipCap)}
	f.feeCap = add(double(maxInt(m.baseFee, c.MinBaseFee)), f.tip)
	if blob {
		f.blobCap = maxInt(double(m.blobBaseFee), c.MinBlobFee)
	}
	return f
}

// raise is the offer of a replacement: at least what the pool demands and at least what the market asks for, in all
// caps. An error wraps ErrFeeLimit: the old offer has to stand.
func (c *Config) raise(old fees, m market) (fees, error) {
	blob := old.blobCap != nil
	want := c.marketPrice(m, blob)
	f := fees{tip: maxInt(bump(old.tip, blob), want.tip)}
	f.feeCap = maxInt(bump(old.feeCap, blob), add(double(maxInt(m.baseFee, c.MinBaseFee)), f.tip))
	if blob {
		f.blobCap = maxInt(bump(old.blobCap, blob), want.blobCap)
	}
	return f, c.checkLimit(f, m)
}

// outbid is the offer against a transaction of unknown price that holds our nonce in the pool. It raises as raise
// does, but a cap that has reached its limit stays there while the others still rise. An error wraps ErrFeeLimit: all
// caps are at their limit.
func (c *Config) outbid(old fees, m market) (fees, error) {
	f, err := c.raise(old, m)
	if err == nil {
		return f, nil
	}
	f.tip = minInt(f.tip, c.limit(f, m).tip)
	most := c.limit(f, m)
	f.feeCap = minInt(f.feeCap, most.feeCap)
	if f.tip.Cmp(f.feeCap) > 0 {
		f.tip = f.feeCap
	}
	higher := f.tip.Cmp(old.tip) > 0 || f.feeCap.Cmp(old.feeCap) > 0
	if f.blobCap != nil {
		f.blobCap = minInt(f.blobCap, most.blobCap)
		higher = higher || f.blobCap.Cmp(old.blobCap) > 0
	}
	if !higher {
		return old, err
	}
	return f, nil
}

// limit is the most that may be offered: FeeLimitMultiplier times the market's price, but never less than
// FeeLimitThreshold, and never more than the maximum settings. The fee cap's maximum is that of the base fee, twice,
// and the tip of the offer.
func (c *Config) limit(f fees, m market) fees {
	now := c.marketPrice(m, f.blobCap != nil)
	most := func(x *big.Int) *big.Int {
		x = new(big.Int).Mul(x, new(big.Int).SetUint64(c.FeeLimitMultiplier))
		if isSet(c.FeeLimitThreshold) {
			x = maxInt(x, c.FeeLimitThreshold)
		}
		return x
	}
	l := fees{tip: most(now.tip), feeCap: most(now.feeCap)}
	if isSet(c.MaxTipCap) {
		l.tip = minInt(l.tip, c.MaxTipCap)
	}
	if isSet(c.MaxBaseFee) {
		l.feeCap = minInt(l.feeCap, add(double(c.MaxBaseFee), f.tip))
	}
	if f.blobCap != nil {
		l.blobCap = most(now.blobCap)
	}
	return l
}

// checkLimit holds an offer against the limit.
func (c *Config) checkLimit(f fees, m market) error {
	most := c.limit(f, m)
	switch {
	case f.tip.Cmp(most.tip) > 0:
		return fmt.Errorf("%w: tip %v, at most %v", ErrFeeLimit, f.tip, most.tip)
	case f.feeCap.Cmp(most.feeCap) > 0:
		return fmt.Errorf("%w: fee cap %v, at most %v", ErrFeeLimit, f.feeCap, most.feeCap)
	case f.blobCap != nil && f.blobCap.Cmp(most.blobCap) > 0:
		return fmt.Errorf("%w: blob fee cap %v, at most %v", ErrFeeLimit, f.blobCap, most.blobCap)
	}
	return nil
}

// covers says whether a block could include the offer at the present base fees.
func (f fees) covers(m market) bool {
	return f.feeCap.Cmp(m.baseFee) >= 0 && (f.blobCap == nil || f.blobCap.Cmp(m.blobBaseFee) >= 0)
}

// bump is the least cap by which a pool lets a transaction be replaced, rounded up, and always more than before.
func bump(x *big.Int, blob bool) *big.Int {
	y := new(big.Int).Mul(x, big.NewInt(bumpPercent(blob)))
	y.Add(y, big.NewInt(99)).Div(y, big.NewInt(100))
	return maxInt(y, add(x, big.NewInt(1)))
}

func add(x, y *big.Int) *big.Int { return new(big.Int).Add(x, y) }

func double(x *big.Int) *big.Int { return new(big.Int).Lsh(x, 1) }

func maxInt(x, y *big.Int) *big.Int {
	if x.Cmp(y) < 0 {
		return y
	}
	return x
}

func minInt(x, y *big.Int) *big.Int {
	if x.Cmp(y) > 0 {
		return y
	}
	return x
}
