package node

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/driver"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/store"
)

// maxSnapshot bounds what is kept of one moment, in bytes: a channel may hold 100 MB while it is being put together. An
// older snapshot is then where the next start goes on.
const maxSnapshot = 32 << 20

// ownerOf is the chain whose L1 inputs a store holds. What derive.SelectL1Block picks out of an L1 block depends on the
// contracts, and on the time from which blobs count.
func ownerOf(cfg *rollup.Config) store.Owner {
	var ecotone []byte
	if at := cfg.EcotoneTime; at != nil {
		ecotone = binary.BigEndian.AppendUint64(nil, *at)
	}
	return store.Owner{
		L1ChainID: cfg.L1ChainID.Uint64(), L2ChainID: cfg.L2ChainID.Uint64(), L2Genesis: cfg.Genesis.L2.Hash,
		Reads: crypto.Keccak256Hash(cfg.BatchInboxAddress[:], cfg.DepositContractAddress[:], cfg.L1SystemConfigAddress[:], ecotone),
	}
}

// memory fits the store of L1 inputs into the driver's port.
type memory struct {
	cfg    *rollup.Config
	inputs *store.Inputs
}

// memoryRLP is the form of a driver.Remembered on disk.
type memoryRLP struct {
	Finalized eth.L2Ref
	Snapshot  []byte
}

// Save keeps a snapshot, unless it is too large.
func (m memory) Save(r driver.Remembered) error {
	text, err := r.Snapshot.Encode(m.cfg)
	if err != nil {
		return err
	}
	if len(text) > maxSnapshot {
		return fmt.Errorf("it has %d bytes, of which at most %d are kept", len(text), maxSnapshot)
	}
	value, err := rlp.EncodeToBytes(&memoryRLP{r.Finalized, text})
	if err != nil {
		return err
	}
	return m.inputs.PutSnapshot(r.Snapshot.Origin().Number, value, r.GoneAbove, r.KeepFrom)
}

// Load gives the snapshots that can be read. That some cannot is an error only if it is all of them.
func (m memory) Load() (all []driver.Remembered, err error) {
	values, err := m.inputs.Snapshots()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, value := range values {
		var in memoryRLP
		if err := rlp.DecodeBytes(value, &in); err != nil {
			errs = append(errs, err)
			continue
		}
		snapshot, err := derive.DecodeSnapshot(m.cfg, in.Snapshot)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, driver.Remembered{Snapshot: snapshot, Finalized: in.Finalized})
	}
	if len(all) == 0 {
		return nil, errors.Join(errs...)
	}
	return all, nil
}
