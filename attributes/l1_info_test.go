package attributes_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

var formats = []rollup.InfoFormat{rollup.InfoBedrock, rollup.InfoEcotone, rollup.InfoIsthmus, rollup.InfoJovian}

// L1 infos of OP Mainnet blocks (RULES 14.2). The Jovian one is the Isthmus one with a scalar added.
func mainnetInfo(f rollup.InfoFormat) attributes.L1Info {
	if f == rollup.InfoBedrock {
		return attributes.L1Info{
			Number: 18334955, Time: 1697121143, BaseFee: *uint256.NewInt(10419034451), SequenceNumber: 4, BatcherAddr: batcher,
			BlockHash:     common.HexToHash("0x392012032675be9f94aae5ab442de73c5f4fb1bf30fa7dd0d2442239899a40fc"),
			L1FeeOverhead: eth.Bytes32(word(0xbc)), L1FeeScalar: eth.Bytes32(word(0xa6fe0)),
		}
	}
	i := attributes.L1Info{
		Number: 19655712, Time: 1713121139, BaseFee: *uint256.NewInt(10445852825), BlobBaseFee: *uint256.NewInt(1),
		BlockHash:      common.HexToHash("0x1c4c84c50740386c7dc081efddd644405f04cde73e30a2e381737acce9f5add3"),
		SequenceNumber: 5, BatcherAddr: batcher, BaseFeeScalar: 1368, BlobBaseFeeScalar: 810949,
	}
	if f >= rollup.InfoIsthmus {
		i.OperatorFeeScalar, i.OperatorFeeConstant = 0xabcd, 0xdcba
	}
	if f >= rollup.InfoJovian {
		i.DAFootprintGasScalar = 400
	}
	return i
}

// Vectors of RULES 14.2: the whole transaction, which pins call data, source hash, gas and the system flag.
func TestL1InfoTx(t *testing.T) {
	for name, c := range map[string]struct {
		rules rollup.L2Rules
		size  int
		hash  string
	}{
		"Bedrock before Regolith: system transaction with 150,000,000 gas": {
			rollup.L2Rules{Info: rollup.InfoBedrock},
			350,
			"7a14dd4e4fc472ba9e50efaef4a43b914cc186c10ed4d0b6bf7f31b9cbb2ba02",
		},
		"Bedrock from Regolith: ordinary transaction with 1,000,000 gas": {
			rollup.L2Rules{Info: rollup.InfoBedrock, Regolith: true},
			349,
			"3bfe769aa4fa9e742be45063cad71dd41e73c9e0d1302718d1281d419c403006",
		},
		"Ecotone": {
			rollup.L2Rules{Info: rollup.InfoEcotone, Regolith: true},
			251,
			"2b2795dd0789e78ff561b8ad7ce6e4a0e257432aaa048e1c46821d7eee152724",
		},
		"Isthmus": {
			rollup.L2Rules{Info: rollup.InfoIsthmus, Regolith: true},
			264,
			"79e29f8b4956568b73cae93baa0aedf10e29700497bfa222275837a42d993e7e",
		},
		"Jovian": {
			rollup.L2Rules{Info: rollup.InfoJovian, Regolith: true},
			266,
			"ab3c1ea4b07719348d69d0b649a84af0068933e1477031999e9cca2f93130eae",
		},
	} {
		t.Run(name, func(t *testing.T) {
			info := mainnetInfo(c.rules.Info)
			tx := attributes.L1InfoTx(&info, &c.rules)
			if hash := crypto.Keccak256Hash(tx); hash != common.HexToHash(c.hash) || len(tx) != c.size {
				t.Errorf("%d bytes with hash %x, want %d with %s\n%x", len(tx), hash, c.size, c.hash, []byte(tx))
			}
			var decoded types.Transaction
			if err := decoded.UnmarshalBinary(tx); err != nil {
				t.Fatal(err)
			}
			back, err := attributes.ParseL1Info(decoded.Data(), c.rules.Info)
			if err != nil || back != info {
				t.Errorf("read back %+v, %v; want %+v", back, err, info)
			}
		})
	}
}

func TestParseL1InfoIsStrict(t *testing.T) {
	for _, f := range formats {
		info := mainnetInfo(f)
		good := info.Encode(f)
		for _, g := range formats {
			if _, err := attributes.ParseL1Info(good, g); (err == nil) != (f == g) {
				t.Errorf("format %d read as format %d: %v", f, g, err)
			}
		}
		for name, data := range map[string][]byte{
			"empty": nil, "selector only": good[:4], "one byte short": good[:len(good)-1], "one byte long": append(bytes.Clone(good), 0),
		} {
			if _, err := attributes.ParseL1Info(data, f); err == nil || !strings.Contains(err.Error(), "bytes") {
				t.Errorf("format %d, %s: %v", f, name, err)
			}
		}
		bad := bytes.Clone(good)
		bad[3]++
		if _, err := attributes.ParseL1Info(bad, f); err == nil || !strings.Contains(err.Error(), "selector") {
			t.Errorf("format %d, wrong selector: %v", f, err)
		}
		// Every byte is either a value, and then it counts, or padding, and then it must be zero.
		padding := 0
		for at := 4; at < len(good); at++ {
			changed := bytes.Clone(good)
			changed[at] ^= 0x40
			back, err := attributes.ParseL1Info(changed, f)
			if err != nil {
				padding++
				continue
			}
			if again := back.Encode(f); !bytes.Equal(again, changed) {
				t.Errorf("format %d: byte %d is neither padding nor value", f, at)
			}
		}
		if want := map[bool]int{true: 24 + 24 + 24 + 12, false: 12}[f == rollup.InfoBedrock]; padding != want {
			t.Errorf("format %d: %d bytes of padding are checked, want %d", f, padding, want)
		}
	}
}

func FuzzParseL1Info(f *testing.F) {
	for _, format := range formats {
		info := mainnetInfo(format)
		f.Add(info.Encode(format), uint8(format))
	}
	f.Fuzz(func(t *testing.T, data []byte, format uint8) {
		as := formats[int(format)%len(formats)]
		info, err := attributes.ParseL1Info(data, as)
		if err != nil {
			return
		}
		if again := info.Encode(as); !bytes.Equal(again, data) {
			t.Errorf("read %x, wrote %x", data, again)
		}
	})
}

func BenchmarkL1InfoTx(b *testing.B) {
	info, rules := mainnetInfo(rollup.InfoJovian), rollup.L2Rules{Info: rollup.InfoJovian, Regolith: true}
	for b.Loop() {
		attributes.L1InfoTx(&info, &rules)
	}
}
