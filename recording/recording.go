package recording

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/engine"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Recording is a recording on disk. Blocks are read when they are asked for.
type Recording struct {
	dir      string
	manifest *manifest
	config   *rollup.Config
	l1s, l2s []uint64 // numbers of the blocks, ascending; l1s are consecutive
}

// Open reads what a recording says of itself, and which blocks it has. The error is a *FileError, or ErrNone.
func Open(dir string) (*Recording, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	r := &Recording{dir: dir, manifest: m}
	if r.config, err = readConfig(dir, m); err != nil {
		return nil, err
	}
	return r, r.list()
}

// list looks which blocks there are.
func (r *Recording) list() (err error) {
	if r.l1s, err = numbers(r.dir, l1Folder); err != nil {
		return err
	}
	for i := 1; i < len(r.l1s); i++ {
		if before, at := r.l1s[i-1], r.l1s[i]; at != before+1 {
			return broken(l1Name(before+1), "", "it is missing: L1 blocks are consecutive, and %d and %d are there", before, at)
		}
	}
	r.l2s, err = numbers(r.dir, l2Folder)
	return err
}

// Config is the chain's configuration.
func (r *Recording) Config() *rollup.Config { return r.config }

// L1Range is the first and the last L1 block; not ok if there is none.
func (r *Recording) L1Range() (first, last uint64, ok bool) { return ends(r.l1s) }

// L2Range is the lowest and the highest L2 block; between them some may be missing. Not ok if there is none.
func (r *Recording) L2Range() (lowest, highest uint64, ok bool) { return ends(r.l2s) }

func ends(numbers []uint64) (first, last uint64, ok bool) {
	if len(numbers) == 0 {
		return 0, 0, false
	}
	return numbers[0], numbers[len(numbers)-1], true
}

// L1Block reads an L1 block; eth.ErrNotFound if it is not recorded, otherwise a *FileError.
func (r *Recording) L1Block(number uint64) (*eth.L1Block, error) {
	text, err := read(r.dir, l1Name(number), maxL1Bytes)
	if err != nil {
		return nil, missing(err)
	}
	return decodeL1(r.config, number, text)
}

// missing makes eth.ErrNotFound of a file that is not there.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", err, eth.ErrNotFound)
	}
	return err
}

// L2Block reads an L2 block and computes its hash; eth.ErrNotFound if it is not recorded, otherwise a *FileError.
func (r *Recording) L2Block(number uint64) (*eth.PayloadEnvelope, error) {
	name := l2Name(number)
	text, err := read(r.dir, name, maxL2Bytes)
	if err != nil {
		return nil, missing(err)
	}
	env, err := decode[eth.PayloadEnvelope](name, text)
	if err != nil {
		return nil, err
	}
	if env.ExecutionPayload == nil {
		return nil, broken(name, "executionPayload", "it is missing")
	}
	return env, r.checkL2(number, env)
}

// checkL2 demands that a block is what it says. The genesis block is taken at its hash, which rollup.json has: some chains
// began as another one, with a header that no rule here describes.
func (r *Recording) checkL2(number uint64, env *eth.PayloadEnvelope) error {
	p, name, genesis := env.ExecutionPayload, l2Name(number), r.config.Genesis
	field := func(of string) string { return "executionPayload." + of }
	switch {
	case p.BlockNumber != number:
		return broken(name, field("blockNumber"), "it is %d, and the file is named for block %d", p.BlockNumber, number)
	case number < genesis.L2.Number:
		return broken(name, field("blockNumber"), "the rollup begins with block %d", genesis.L2.Number)
	case p.Timestamp != r.config.BlockTimestamp(number):
		return broken(name, field("timestamp"), "it is %d, and block %d has the time %d", p.Timestamp, number, r.config.BlockTimestamp(number))
	case number == genesis.L2.Number && p.BlockHash != genesis.L2.Hash:
		return broken(name, field("blockHash"), "it is %s, and the genesis of %s is %s", p.BlockHash, rollupName, genesis.L2.Hash)
	case number == genesis.L2.Number:
		return nil
	}
	if hash := engine.BlockHash(r.config, env); hash != p.BlockHash {
		return broken(name, field("blockHash"), "it is %s, and the block hashes to %s: one of its fields was changed", p.BlockHash, hash)
	}
	return nil
}

// Blob reads a blob and computes its versioned hash; eth.ErrNotFound if it is not recorded, otherwise a *FileError.
func (r *Recording) Blob(hash common.Hash) (*eth.Blob, error) {
	name := blobName(hash)
	f, err := open(r.dir, name)
	if err != nil {
		return nil, missing(err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	blob := new(eth.Blob)
	if n, err := io.ReadFull(f, blob[:]); err != nil {
		return nil, broken(name, "", "it has %d bytes, a blob has %d", n, len(blob))
	}
	if n, err := f.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return nil, broken(name, "", "it has more than %d bytes, as a blob has", len(blob))
	}
	commitment, err := kzg4844.BlobToCommitment((*kzg4844.Blob)(blob))
	if err != nil {
		return nil, broken(name, "", "it is no blob: %w", err)
	}
	if got := common.Hash(kzg4844.CalcBlobHashV1(sha256.New(), &commitment)); got != hash {
		return nil, broken(name, "", "its versioned hash is %s: it is another blob, or was changed", got)
	}
	return blob, nil
}

func blobName(hash common.Hash) string { return blobFolder + "/" + hash.Hex() }

// The recording as what derivation reads from.

func (r *Recording) l1(_ context.Context, number uint64) (*eth.L1Block, error) {
	return r.L1Block(number)
}

func (r *Recording) l2(_ context.Context, number uint64) (*eth.PayloadEnvelope, error) {
	return r.L2Block(number)
}

func (r *Recording) blobs(_ context.Context, need eth.L1Ref, hashes []common.Hash) ([]*eth.Blob, error) {
	out := make([]*eth.Blob, len(hashes))
	for i, hash := range hashes {
		blob, err := r.Blob(hash)
		if errors.Is(err, eth.ErrNotFound) {
			return nil, broken(blobName(hash), "", "it is missing: the batcher's transaction in %s names it", l1Name(need.Number))
		}
		if err != nil {
			return nil, err
		}
		out[i] = blob
	}
	return out, nil
}

func (*Recording) settle() error { return nil }
