// Package batcher decides what of the unsafe L2 chain is to be posted to L1, and when.
//
//	Node.SyncStatus ─▶ Core.Observe ─▶ Decision ─▶ Blocks ─▶ Core.AddBlock ─▶ Core.Next ─▶ Sender ─▶ Core.Included, Core.Failed
//
// Core decides and Run acts: one goroutine, one look at the node every PollInterval. How blocks become data is package
// encoder's business; nonces, fees and confirmations are the Sender's.
//
// It does not follow L1, does not derive, and keeps nothing on disk: the node's safe head says what is done, L1 says what
// is under way.
//
// Invariant: a block that is safe is not posted again, and nothing is posted while something older of ours may still land
// and make its blocks safe.
//
// # Starting and starting afresh
//
// Both are the same thing, because after either nothing is known about what is on its way. First, nothing of ours may be
// pending: Sender.Settle says so of previous runs, and what this run has sent must have ended. Then the L1 head is noted,
// or the newest L1 block known to contain something of ours if that is higher. Derivation must get past it: being at it
// could mean that it is still being read. Whatever was posted is safe by then, or never will be. Only now is the first
// block after the safe head loaded. It costs one L1 block of waiting and no disk.
//
// Core starts afresh when what it holds has become useless: see Reason. An L1 reorg needs no rule of its own. Its
// transactions are the Sender's to carry over; if one is lost for good, then either derivation passes the place where it
// was (Stalled), or the safe head goes back (SafeWentBack).
//
// Sources: RULES 12.1; op-batcher for names, defaults and the conditions for starting afresh.
package batcher
