package txmgr

import (
	"errors"
	"math/big"
	"testing"
)

func wei(n int64) *big.Int { return big.NewInt(n) }

// offer3 is an offer in wei; blob < 0 means without blobs.
func offer3(tip, feeCap, blob int64) fees {
	f := fees{tip: wei(tip), feeCap: wei(feeCap)}
	if blob >= 0 {
		f.blobCap = wei(blob)
	}
	return f
}

func same(a, b fees) bool {
	return a.tip.Cmp(b.tip) == 0 && a.feeCap.Cmp(b.feeCap) == 0 && (a.blobCap == nil) == (b.blobCap == nil) &&
		(a.blobCap == nil || a.blobCap.Cmp(b.blobCap) == 0)
}

func feeConfig() *Config {
	return &Config{FeeLimitMultiplier: 5, MinTipCap: wei(1), MinBaseFee: wei(1), MinBlobFee: wei(1)}
}

func TestFeeRules(t *testing.T) {
	m := func(tip, base, blob int64) market { return market{wei(tip), wei(base), wei(blob)} }
	for _, tc := range []struct {
		name  string
		edit  func(*Config)
		rule  string // price, raise or outbid
		old   fees
		m     market
		want  fees
		limit bool
	}{
		{name: "price: fee cap = 2 * base fee + tip", rule: "price", old: offer3(0, 0, -1), m: m(3, 100, 7), want: offer3(3, 203, -1)},
		{name: "price: blob fee cap = 2 * blob base fee", rule: "price", old: offer3(0, 0, 0), m: m(3, 100, 7), want: offer3(3, 203, 14)},
		{
			name: "price: minima", rule: "price", old: offer3(0, 0, 0), m: m(1, 1, 1), want: offer3(10, 210, 50),
			edit: func(c *Config) { c.MinTipCap, c.MinBaseFee, c.MinBlobFee = wei(10), wei(100), wei(50) },
		},
		{
			name: "price: tip at MaxTipCap passes", rule: "price", old: offer3(0, 0, -1), m: m(10, 1, 1), want: offer3(10, 12, -1),
			edit: func(c *Config) { c.MaxTipCap = wei(10) },
		},
		{
			name: "price: tip above MaxTipCap does not", rule: "price", old: offer3(0, 0, -1), m: m(11, 1, 1), limit: true,
			edit: func(c *Config) { c.MaxTipCap = wei(10) },
		},
		{
			name: "price: base fee at MaxBaseFee passes", rule: "price", old: offer3(0, 0, -1), m: m(1, 100, 1), want: offer3(1, 201, -1),
			edit: func(c *Config) { c.MaxBaseFee = wei(100) },
		},
		{
			name: "price: base fee above MaxBaseFee does not", rule: "price", old: offer3(0, 0, -1), m: m(1, 101, 1), limit: true,
			edit: func(c *Config) { c.MaxBaseFee = wei(100) },
		},

		{name: "raise: 10 % in both caps at a flat market", rule: "raise", old: offer3(100, 300, -1), m: m(100, 100, 1), want: offer3(110, 330, -1)},
		{name: "raise: rounded up", rule: "raise", old: offer3(101, 301, -1), m: m(101, 100, 1), want: offer3(112, 332, -1)},
		{name: "raise: 1 wei at least", rule: "raise", old: offer3(1, 3, -1), m: m(1, 1, 1), want: offer3(2, 4, -1)},
		{name: "raise: 100 % in all three caps with blobs", rule: "raise", old: offer3(100, 300, 20), m: m(100, 100, 10), want: offer3(200, 600, 40)},
		{name: "raise: base fee up, fee cap follows with the raised tip", rule: "raise", old: offer3(100, 300, -1), m: m(100, 200, 1), want: offer3(110, 510, -1)},
		{name: "raise: tip up, fee cap keeps its step", rule: "raise", old: offer3(100, 300, -1), m: m(120, 100, 1), want: offer3(120, 330, -1)},
		{name: "raise: market above the step wins", rule: "raise", old: offer3(100, 300, 20), m: m(300, 400, 100), want: offer3(300, 1100, 200)},
		{name: "raise: tip at limit passes", rule: "raise", old: offer3(250, 300, 20), m: m(100, 1000, 100), want: offer3(500, 2500, 200)},
		{name: "raise: tip 1 wei above limit does not", rule: "raise", old: offer3(251, 300, 20), m: m(100, 1000, 100), limit: true},
		{name: "raise: fee cap at limit passes", rule: "raise", old: offer3(100, 750, 20), m: m(100, 100, 100), want: offer3(200, 1500, 200)},
		{name: "raise: fee cap above limit does not", rule: "raise", old: offer3(100, 751, 20), m: m(100, 100, 100), limit: true},
		{name: "raise: blob fee cap at limit passes", rule: "raise", old: offer3(100, 300, 25), m: m(100, 100, 5), want: offer3(200, 600, 50)},
		{name: "raise: blob fee cap above limit does not", rule: "raise", old: offer3(100, 300, 26), m: m(100, 100, 5), limit: true},
		{
			name: "raise: threshold frees from the limit", rule: "raise", old: offer3(10, 30, 500), m: m(1, 1, 1), want: offer3(20, 60, 1000),
			edit: func(c *Config) { c.FeeLimitThreshold = wei(1000) },
		},
		{
			name: "raise: above the threshold the limit holds", rule: "raise", old: offer3(10, 30, 501), m: m(1, 1, 1), limit: true,
			edit: func(c *Config) { c.FeeLimitThreshold = wei(1000) },
		},
		{
			name: "raise: never above MaxTipCap", rule: "raise", old: offer3(10, 300, -1), m: m(5, 100, 1), limit: true,
			edit: func(c *Config) { c.MaxTipCap = wei(10) },
		},

		{name: "outbid: like raise below the limits", rule: "outbid", old: offer3(100, 300, 20), m: m(100, 100, 10), want: offer3(200, 600, 40)},
		{name: "outbid: one cap at its limit, the others still rise", rule: "outbid", old: offer3(100, 1499, 20), m: m(100, 100, 10), want: offer3(200, 1500, 40)},
		{name: "outbid: all caps at their limit", rule: "outbid", old: offer3(500, 1500, 100), m: m(100, 100, 10), limit: true},
		{
			name: "outbid: tip never above fee cap", rule: "outbid", old: offer3(30, 40, -1), m: m(30, 10, 1), want: offer3(33, 53, -1),
			edit: func(c *Config) { c.MaxBaseFee = wei(10) },
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := feeConfig()
			if tc.edit != nil {
				tc.edit(c)
			}
			var got fees
			var err error
			switch tc.rule {
			case "price":
				got, err = c.price(tc.m, tc.old.blobCap != nil)
			case "raise":
				got, err = c.raise(tc.old, tc.m)
			case "outbid":
				got, err = c.outbid(tc.old, tc.m)
			}
			if tc.limit {
				if !errors.Is(err, ErrFeeLimit) {
					t.Fatalf("got %v, error %v, want %v", got, err, ErrFeeLimit)
				}
				return
			}
			if err != nil || !same(got, tc.want) {
				t.Fatalf("got %v, error %v, want %v", got, err, tc.want)
			}
		})
	}
}

func TestCoversComparesBothBaseFees(t *testing.T) {
	m := market{wei(1), wei(100), wei(10)}
	for _, tc := range []struct {
		name string
		f    fees
		want bool
	}{
		{"at both", offer3(1, 100, 10), true},
		{"base fee above", offer3(1, 99, 10), false},
		{"blob base fee above", offer3(1, 100, 9), false},
		{"no blobs", offer3(1, 100, -1), true},
	} {
		if got := tc.f.covers(m); got != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// FuzzRaise: a raise satisfies geth's rule for a replacement, as geth computes it, and never changes its inputs.
func FuzzRaise(f *testing.F) {
	f.Add(uint64(1), uint64(3), uint64(1), uint64(1), uint64(1), uint64(1), true)
	f.Add(uint64(0), uint64(0), uint64(0), uint64(9e18), uint64(9e18), uint64(9e18), false)
	f.Fuzz(func(t *testing.T, tip, feeCap, blobCap, mTip, mBase, mBlob uint64, blob bool) {
		u := func(x uint64) *big.Int { return new(big.Int).SetUint64(x) }
		old := fees{tip: u(min(tip, feeCap)), feeCap: u(feeCap)}
		percent := uint64(110)
		if blob {
			old.blobCap, percent = u(blobCap), 200
		}
		c := feeConfig()
		c.FeeLimitThreshold = new(big.Int).Lsh(wei(1), 100)
		got, err := c.raise(old, market{u(mTip), u(mBase), u(mBlob)})
		if err != nil {
			t.Fatal(err)
		}
		pairs := [][2]*big.Int{{old.tip, got.tip}, {old.feeCap, got.feeCap}}
		if blob {
			pairs = append(pairs, [2]*big.Int{old.blobCap, got.blobCap})
		}
		for _, p := range pairs {
			least := new(big.Int).Div(new(big.Int).Mul(p[0], u(percent)), u(100))
			if p[1].Cmp(p[0]) <= 0 || p[1].Cmp(least) < 0 {
				t.Fatalf("%v after %v is no replacement", p[1], p[0])
			}
		}
		if got.tip.Cmp(got.feeCap) > 0 || old.feeCap.Cmp(u(feeCap)) != 0 || !got.covers(market{u(mTip), u(mBase), u(mBlob)}) {
			t.Fatalf("raise of %v gives %v", old, got)
		}
	})
}
