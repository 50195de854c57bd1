// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

// L2 gas that all deposits of one L1 block may ask for together. Deposits are forced: the L2 block that opens an epoch
// must hold every one of them, so without a cap a depositor could demand a block that cannot exist.
uint64 constant MAX_DEPOSIT_GAS = 20_000_000;

// L2 gas of the L1 attributes deposit, the first transaction of each L2 block (1,000,000 since Regolith).
uint64 constant L1_ATTRIBUTES_GAS = 1_000_000;
