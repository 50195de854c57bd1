package eth

// SyncStatus is the answer of optimism_syncStatus, in op-node's shape. References that are not known yet are zero
// values, never null.
type SyncStatus struct {
	CurrentL1          L1Ref `json:"current_l1"`           // the L1 block that derivation is at
	CurrentL1Finalized L1Ref `json:"current_l1_finalized"` // always equal to FinalizedL1; kept for clients of old
	HeadL1             L1Ref `json:"head_l1"`
	SafeL1             L1Ref `json:"safe_l1"`
	FinalizedL1        L1Ref `json:"finalized_l1"`
	UnsafeL2           L2Ref `json:"unsafe_l2"`
	SafeL2             L2Ref `json:"safe_l2"`
	FinalizedL2        L2Ref `json:"finalized_l2"`
	PendingSafeL2      L2Ref `json:"pending_safe_l2"`
	CrossUnsafeL2      L2Ref `json:"cross_unsafe_l2"` // equal to UnsafeL2: there is no interop
	LocalSafeL2        L2Ref `json:"local_safe_l2"`   // equal to SafeL2: there is no interop
}
