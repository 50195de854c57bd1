package oracle

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/rollup"
)

// l1Ref is what batches are compared with.
type l1Ref struct {
	number uint64
	hash   common.Hash
	time   uint64
}

// derivation is everything said so far.
type derivation struct {
	world  World
	config *rollup.Config
	l1     []l1Ref // of all L1 blocks

	current int  // index of the L1 block derivation is at
	strict  bool // Holocene is active there: frames and batches come in order, or not at all

	bank   []*bankChannel // before Holocene: open channels, oldest first
	queue  []batch        // before Holocene: batches that may yet become valid, in the order they came
	staged *stagedChannel // from Holocene: the open channel
	span   []singular     // what is left of the span batch that is being used

	// epoch is the index of the L1 block that is the epoch of the next batch, or the one before that. It is the L1 origin
	// of the safe head, or one more: when the sequencing window of that origin has passed and it has all its blocks.
	epoch   int
	chain   []L2Block
	pending []L2Block // before Holocene: blocks of a span batch that are not safe until all of it are blocks
	halted  string
}

// Derive derives the L2 chain of a world. A blob that the batcher posted and the world lacks is a panic.
func Derive(w World) Result {
	genesis := w.Config.Genesis
	d := derivation{
		world:  w,
		config: w.Config,
		chain:  []L2Block{{Number: genesis.L2.Number, Hash: genesis.L2.Hash, Origin: genesis.L1.Number}},
	}
	for _, block := range w.L1 {
		h := block.Header
		d.l1 = append(d.l1, l1Ref{number: h.Number.Uint64(), hash: h.Hash(), time: h.Time})
	}
	d.checkNextFork()

	var result Result
	system := genesis.SystemConfig
	for i := range w.L1 {
		block := &w.L1[i]
		if i > 0 {
			// A new batcher counts in the very block that names it.
			system = d.updateSystemConfig(system, block)
		}
		if d.halted == "" {
			d.deriveFrom(i, d.batcherData(block, system.BatcherAddr))
		}
		result.SafeAt = append(result.SafeAt, len(d.chain)-1)
	}
	result.Chain, result.Halted = d.chain, d.halted
	return result
}

// deriveFrom uses the data of the next L1 block.
func (d *derivation) deriveFrom(i int, items [][]byte) {
	d.current = i
	if strict := d.active(rollup.Holocene, d.now().time); strict && !d.strict {
		// Nothing half done outlives the change of rules, except the epochs.
		d.strict, d.bank, d.queue, d.span = true, nil, nil, nil
	}
	var frames []frame
	for _, item := range items {
		of := parseFrames(item)
		if d.strict {
			of = inOrder(of)
		}
		frames = append(frames, of...)
	}
	if d.strict {
		d.batchStage(frames)
		return
	}
	var batches []batch
	for _, channel := range d.channelBank(frames) {
		batches = append(batches, d.batchesOf(channel)...)
	}
	d.batchQueue(batches)
}

// now is the L1 block derivation is at.
func (d *derivation) now() l1Ref { return d.l1[d.current] }

// epochs are the L1 blocks from the epoch on that are known at the L1 block derivation is at.
func (d *derivation) epochs() []l1Ref { return d.l1[d.epoch : d.current+1] }

// head is the block the next one is built on.
func (d *derivation) head() *L2Block {
	if len(d.pending) > 0 {
		return &d.pending[len(d.pending)-1]
	}
	return &d.chain[len(d.chain)-1]
}

func (d *derivation) timeOf(number uint64) uint64 {
	return d.config.Genesis.L2Time + (number-d.config.Genesis.L2.Number)*d.config.BlockTime
}

// build makes the block of a batch that is valid. The engine has the last word: what it refuses becomes a block of
// deposits only from Holocene on, and was no batch before. It says whether the batch's block was made as it is.
func (d *derivation) build(b singular, concluding bool) bool {
	parent := *d.head()
	attributes, err := d.attributes(&parent, &b)
	if err != nil {
		d.halted = err.Error()
		return false
	}
	block := L2Block{
		Number:     parent.Number + 1,
		Origin:     b.EpochNumber,
		Attributes: attributes,
	}
	if b.EpochNumber == parent.Origin {
		block.SequenceNumber = parent.SequenceNumber + 1
	}
	hash, valid := d.execute(&parent, &block)
	if !valid {
		deposits := onlyDeposits(attributes.Transactions)
		if len(deposits) == len(attributes.Transactions) {
			d.halted = "the engine refuses a block of deposits only"
			return false
		}
		if !d.strict {
			d.pending = nil
			return false
		}
		block.Attributes.Transactions, block.Replaced = deposits, true
		if hash, valid = d.execute(&parent, &block); !valid {
			d.halted = "the engine refuses a block even with deposits only"
			return false
		}
	}
	block.Hash = hash
	d.pending = append(d.pending, block)
	if concluding {
		d.chain = append(d.chain, d.pending...)
		d.pending = nil
	}
	d.checkNextFork()
	return !block.Replaced
}

func (d *derivation) execute(parent, block *L2Block) (common.Hash, bool) {
	attributes := block.Attributes
	return d.world.Execute(parent.Hash, block.Number, &attributes)
}

// checkNextFork halts before the first block of a fork that has no public rules.
func (d *derivation) checkNextFork() {
	if d.active(rollup.Lagoon, d.timeOf(d.head().Number+1)) {
		d.halted = "the next block is of Lagoon"
	}
}

func onlyDeposits[T ~[]byte](txs []T) (deposits []T) {
	for _, tx := range txs {
		if isDeposit(tx) {
			deposits = append(deposits, tx)
		}
	}
	return deposits
}

func isDeposit(tx []byte) bool { return len(tx) > 0 && tx[0] == types.DepositTxType }
