// Package inspect says what a piece of rollup data is: an L1 or L2 transaction, a blob, a frame, a channel, a batch. It is what
// 'cairn inspect' shows.
//
//	text or bytes → Read → Input → ReadTx, ReadBlobs, ReadItem, ReadChannels, ReadBatch → a value → WriteText, or JSON
//
// The values are for people first; their JSON form is stable: keys are added, but keep their names and meaning. Numbers
// of wei are decimal strings, hashes, addresses and ids are hex strings, times are seconds since 1970, and a list that was
// cut to Options.Limit stands beside the number of all its elements.
//
// The package decides nothing about the protocol: packages channel and batch read frames, channels and batches, and what
// they say is repeated here, with the name of their reason. It knows no chain's state, so it cannot say that a batch is
// valid; only that it can never be. It does no I/O.
//
// The one invariant: every input gets a value or an error of one line, never a panic, and the memory stays in proportion to
// MaxData, whatever the input claims. A value that belongs to L1 is described, however broken it is, with the reason for
// which nodes drop it; an error means that the input is not of the kind that was asked for.
//
// Sources: specs, protocol/derivation, protocol/delta/span-batches, protocol/deposits; EIP-2718, EIP-4844.
package inspect
