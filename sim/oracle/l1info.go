package oracle

import (
	"math"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

var (
	l1InfoDepositor = common.HexToAddress("0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001")
	l1BlockContract = common.HexToAddress("0x4200000000000000000000000000000000000015")

	selectorBedrock = crypto.Keccak256([]byte(
		"setL1BlockValues(uint64,uint64,uint256,bytes32,uint64,bytes32,uint256,uint256)"))[:4]
	selectorEcotone = crypto.Keccak256([]byte("setL1BlockValuesEcotone()"))[:4]
	selectorIsthmus = crypto.Keccak256([]byte("setL1BlockValuesIsthmus()"))[:4]
	selectorJovian  = crypto.Keccak256([]byte("setL1BlockValuesJovian()"))[:4]
)

// The default of the DA footprint gas scalar where the system config has none.
const defaultDAFootprintGasScalar = 400

// depositTx is the deposit transaction (specs: deposits), in the order of its encoding.
type depositTx struct {
	SourceHash common.Hash
	From       common.Address
	To         []byte // empty: a contract is created
	Mint       *big.Int
	Value      *big.Int
	Gas        uint64
	IsSystem   bool
	Data       []byte
}

func (tx *depositTx) encode() []byte {
	list, err := rlp.EncodeToBytes(tx)
	if err != nil {
		panic(err) // its fields are all encodable
	}
	return append([]byte{types.DepositTxType}, list...)
}

// sourceHash tells deposits apart: by the domain they come from (0 users, 1 the L1 info) and two words that name them there.
func sourceHash(domain uint64, block common.Hash, index uint64) common.Hash {
	id := crypto.Keccak256(block[:], word(index))
	return crypto.Keccak256Hash(word(domain), id)
}

// word is a number as 32 bytes.
func word(x uint64) []byte {
	w := make([]byte, 32)
	putUint(w, x)
	return w
}

func bigWord(x *big.Int) []byte {
	w := make([]byte, 32)
	if x == nil {
		return w
	}
	return x.FillBytes(w)
}

// l1Info is the first transaction of each L2 block: it tells L2 its L1 origin.
func (d *derivation) l1Info(origin *L1Block, system *rollup.SystemConfig, sequence, time uint64) ([]byte, error) {
	h := origin.Header
	facts := l1Facts{
		number: h.Number.Uint64(), hash: h.Hash(), time: h.Time, baseFee: h.BaseFee, blobBaseFee: d.blobBaseFee(h),
	}
	data, err := facts.calldata(d.infoSelector(time), system, sequence)
	if err != nil {
		return nil, err
	}
	tx := depositTx{
		SourceHash: sourceHash(1, facts.hash, sequence),
		From:       l1InfoDepositor,
		To:         l1BlockContract[:],
		Mint:       new(big.Int),
		Value:      new(big.Int),
		Gas:        150_000_000,
		IsSystem:   true,
		Data:       data,
	}
	if d.active(rollup.Regolith, time) {
		tx.Gas, tx.IsSystem = 1_000_000, false
	}
	return tx.encode(), nil
}

// infoSelector says which function of the L1 block contract a block calls. A fork's first block still calls the one before:
// the contract is replaced later in that block.
func (d *derivation) infoSelector(time uint64) []byte {
	since := func(fork rollup.Fork) bool { return d.active(fork, time) && !d.activates(fork, time) }
	switch {
	case since(rollup.Jovian):
		return selectorJovian
	case since(rollup.Isthmus):
		return selectorIsthmus
	case since(rollup.Ecotone):
		return selectorEcotone
	default:
		return selectorBedrock
	}
}

// l1Facts are what L2 learns of its L1 origin.
type l1Facts struct {
	number      uint64
	hash        common.Hash
	time        uint64
	baseFee     *big.Int
	blobBaseFee *big.Int
}

func (f *l1Facts) calldata(selector []byte, system *rollup.SystemConfig, sequence uint64) ([]byte, error) {
	batcher := make([]byte, 32)
	copy(batcher[12:], system.BatcherAddr[:])
	if string(selector) == string(selectorBedrock) {
		return concat(selector, word(f.number), word(f.time), bigWord(f.baseFee), f.hash[:], word(sequence), batcher,
			system.Overhead[:], system.Scalar[:]), nil
	}
	baseScalar, blobScalar, ok := scalars(system.Scalar)
	if !ok {
		return nil, errScalar
	}
	data := make([]byte, 36)
	copy(data, selector)
	putUint(data[4:8], baseScalar)
	putUint(data[8:12], blobScalar)
	putUint(data[12:20], sequence)
	putUint(data[20:28], f.time)
	putUint(data[28:36], f.number)
	data = concat(data, bigWord(f.baseFee), bigWord(f.blobBaseFee), f.hash[:], batcher)
	if string(selector) != string(selectorEcotone) {
		data = concat(data, system.OperatorFeeParams[20:32])
	}
	if string(selector) == string(selectorJovian) {
		footprint := system.DAFootprintGasScalar
		if footprint == 0 {
			footprint = defaultDAFootprintGasScalar
		}
		data = append(data, byte(footprint>>8), byte(footprint))
	}
	return data, nil
}

// readL1Info is the way back, as far as the system config goes.
func (d *derivation) readL1Info(encoded []byte, time uint64) (system rollup.SystemConfig) {
	var tx depositTx
	if err := rlp.DecodeBytes(encoded[1:], &tx); err != nil {
		panic(err) // we made it
	}
	selector, data := d.infoSelector(time), tx.Data
	if string(selector) == string(selectorBedrock) {
		argument := func(i int) []byte { return data[4+32*i : 4+32*i+32] }
		copy(system.BatcherAddr[:], argument(5)[12:])
		copy(system.Overhead[:], argument(6))
		copy(system.Scalar[:], argument(7))
		return system
	}
	system.Scalar[0] = 1
	copy(system.Scalar[24:28], data[8:12])
	copy(system.Scalar[28:32], data[4:8])
	copy(system.BatcherAddr[:], data[132+12:164])
	if string(selector) != string(selectorEcotone) {
		copy(system.OperatorFeeParams[20:32], data[164:176])
	}
	if string(selector) == string(selectorJovian) {
		system.DAFootprintGasScalar = uint16(getUint(data[176:178]))
	}
	return system
}

// scalars reads the two fee scalars out of the one word that the system config has for them (specs: Ecotone scalar
// encoding). In a word of version 0 that comes from before Ecotone the other bytes may be anything: then the price is the
// highest there is.
func scalars(scalar eth.Bytes32) (base, blob uint64, ok bool) {
	base, blob = getUint(scalar[28:32]), getUint(scalar[24:28])
	switch {
	case scalar[0] == 0 && !isZero(scalar[1:28]):
		return math.MaxUint32, 0, true
	case scalar[0] == 0:
		return base, 0, true
	default:
		return base, blob, scalar[0] == 1 && isZero(scalar[1:24])
	}
}

// cancunUpdateFraction is the divisor that EIP-4844 has.
const cancunUpdateFraction = 3338477

// blobBaseFee is the price of blob gas in an L1 block (EIP-4844), 1 if it has no blobs.
func (d *derivation) blobBaseFee(h *types.Header) *big.Int {
	if h.ExcessBlobGas == nil {
		return big.NewInt(1)
	}
	var fraction uint64
	if pectra := d.config.PectraBlobScheduleTime; pectra != nil && h.Time < *pectra {
		fraction = cancunUpdateFraction
	} else {
		fraction = d.world.BlobUpdateFraction(h.Time)
	}
	return exponential(*h.ExcessBlobGas, fraction)
}

// exponential is e^(x/divisor) as EIP-4844 computes it (fake_exponential with a factor of 1), but no more than 32 bytes hold.
func exponential(x, divisor uint64) *big.Int {
	numerator, denominator := new(big.Int).SetUint64(x), new(big.Int).SetUint64(divisor)
	sum, term := new(big.Int), new(big.Int).Set(denominator)
	for i := int64(1); term.Sign() > 0; i++ {
		sum.Add(sum, term)
		if sum.BitLen() > 256+64 {
			return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
		}
		term.Mul(term, numerator)
		term.Div(term, new(big.Int).Mul(denominator, big.NewInt(i)))
	}
	price := sum.Div(sum, denominator)
	if price.BitLen() > 256 {
		return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	}
	return price
}

func concat(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

func isZero(b []byte) bool {
	for _, x := range b {
		if x != 0 {
			return false
		}
	}
	return true
}
