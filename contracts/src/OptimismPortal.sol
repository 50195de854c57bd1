// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MAX_DEPOSIT_GAS} from "./Limits.sol";
import {SystemConfig} from "./SystemConfig.sol";

/// The way from L1 to L2. A deposit is an event: derivation turns each TransactionDeposited into one L2 transaction that
/// no sequencer can leave out. Ether sent along is minted on L2 and stays here; this contract has no way back.
///
/// Deposits pay for their L2 gas in no fee market: a fixed budget per L1 block bounds them instead.
contract OptimismPortal {
    /// `opaqueData` is mint (32 bytes), value (32), gas limit (8), creation flag (1) and call data, packed.
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);

    error BadTarget();
    error LargeCalldata();
    error SmallGasLimit();
    error DepositGasExceeded(uint64 asked, uint64 left);

    /// Version of the TransactionDeposited event.
    uint256 private constant DEPOSIT_VERSION = 0;

    /// Added to the address of a depositing contract: the L2 account of the same address may belong to somebody else.
    uint160 private constant ALIAS_OFFSET = uint160(0x1111000000000000000000000000000000001111);

    /// L2 gas limit of a deposit that is a plain transfer to this contract.
    uint64 private constant RECEIVE_GAS_LIMIT = 100_000;

    /// Bytes of call data; with it an L2 block of one deposit still fits into a gossip message.
    uint256 private constant MAX_CALLDATA = 120_000;

    SystemConfig public systemConfig;

    /// The L1 block whose deposits depositGas sums up.
    uint64 public depositBlock;
    uint64 public depositGas;

    constructor(SystemConfig config) {
        systemConfig = config;
    }

    /// Plain transfers deposit to the sender's own address.
    receive() external payable {
        depositTransaction(msg.sender, msg.value, RECEIVE_GAS_LIMIT, false, "");
    }

    /// Clients choose their withdrawal calls by the major number: 3 and up means dispute games.
    function version() external pure returns (string memory) {
        return "4.0.0";
    }

    /// The least gas limit of a deposit with so many bytes of call data: what L2 charges before execution, at the
    /// floor price of EIP-7623 for nonzero bytes.
    function minimumGasLimit(uint64 byteCount) public pure returns (uint64) {
        return byteCount * 40 + 21_000;
    }

    /// Queues an L2 transaction from the caller. `value` is what it transfers on L2, the ether sent is what L2 mints to
    /// the caller before; the first may exceed the second if the caller has an L2 balance.
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes memory data)
        public
        payable
    {
        if (isCreation && to != address(0)) revert BadTarget();
        if (data.length > MAX_CALLDATA) revert LargeCalldata();
        if (gasLimit < minimumGasLimit(uint64(data.length))) revert SmallGasLimit();
        _spendDepositGas(gasLimit);

        address from = msg.sender;
        if (!_isExternallyOwned(from)) {
            unchecked {
                from = address(uint160(from) + ALIAS_OFFSET);
            }
        }
        emit TransactionDeposited(
            from, to, DEPOSIT_VERSION, abi.encodePacked(msg.value, value, gasLimit, isCreation, data)
        );
    }

    function _spendDepositGas(uint64 asked) private {
        uint64 used = depositBlock == block.number ? depositGas : 0;
        uint64 left = MAX_DEPOSIT_GAS - used;
        if (asked > left) revert DepositGasExceeded(asked, left);
        depositBlock = uint64(block.number);
        depositGas = used + asked;
    }

    /// Whether a key controls the account, here and on L2: it sent the transaction, or its code is an EIP-7702
    /// delegation (0xef0100 and an address), which only a key can have put there.
    function _isExternallyOwned(address account) private view returns (bool) {
        if (account == tx.origin) return true;
        return account.code.length == 23 && bytes3(account.code) == 0xef0100;
    }
}
