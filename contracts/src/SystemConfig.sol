// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {L1_ATTRIBUTES_GAS, MAX_DEPOSIT_GAS} from "./Limits.sol";

/// The rollup's parameters on L1. The owner changes them; each change emits a ConfigUpdate, and derivation applies the
/// event to the L2 blocks whose L1 origin is the event's block or later. Getters are for people and tools: derivation
/// reads only the events, so a setter refuses every value whose event derivation would skip.
///
/// Each parameter lives in storage, none in code: a genesis file can be patched.
contract SystemConfig {
    /// The numbers are protocol: derivation switches on them.
    enum UpdateType {
        BATCHER,
        FEE_SCALARS,
        GAS_LIMIT,
        UNSAFE_BLOCK_SIGNER,
        EIP_1559_PARAMS,
        OPERATOR_FEE_PARAMS,
        MIN_BASE_FEE,
        DA_FOOTPRINT_GAS_SCALAR
    }

    /// What a new SystemConfig starts with.
    struct Params {
        address owner;
        address batcher;
        address unsafeBlockSigner;
        address batchInbox;
        address optimismPortal;
        uint256 l2ChainId;
        uint64 gasLimit;
        uint32 basefeeScalar;
        uint32 blobbasefeeScalar;
        uint32 eip1559Denominator;
        uint32 eip1559Elasticity;
        uint32 operatorFeeScalar;
        uint64 operatorFeeConstant;
        uint64 minBaseFee;
        uint16 daFootprintGasScalar;
    }

    /// `data` is the ABI encoding of the new value: one word, two for FEE_SCALARS.
    event ConfigUpdate(uint256 indexed version, UpdateType indexed updateType, bytes data);
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    error NotOwner(address caller);
    error OwnerIsZero();
    error BatcherHashIsNotAnAddress(bytes32 batcherHash);
    error ScalarVersionIsNotZero(uint256 scalar);
    error GasLimitOutOfBounds(uint64 gasLimit, uint64 minimum, uint64 maximum);
    error EIP1559ParamIsZero(uint32 denominator, uint32 elasticity);

    /// Version of the ConfigUpdate event.
    uint256 public constant VERSION = 0;

    /// Nodes read the unsafe block signer straight from this storage slot, so its place is protocol.
    bytes32 public constant UNSAFE_BLOCK_SIGNER_SLOT = keccak256("systemconfig.unsafeblocksigner");

    /// An L2 block with a higher limit takes the fault proof program too long to replay.
    uint64 public constant maximumGasLimit = 500_000_000;

    address public owner;
    address public batchInbox;
    address public optimismPortal;
    uint256 public l2ChainId;
    /// L1 block of this contract's creation: no ConfigUpdate is older.
    uint256 public startBlock;

    /// The batcher's address, left-padded with zeros.
    bytes32 public batcherHash;
    uint256 public overhead;
    /// Fee scalars, packed. Byte 0 is the format: 0 = before Ecotone, 1 = Ecotone.
    uint256 public scalar;
    uint64 public gasLimit;
    uint32 public eip1559Denominator;
    uint32 public eip1559Elasticity;
    uint32 public operatorFeeScalar;
    uint64 public operatorFeeConstant;
    uint64 public minBaseFee;
    uint16 public daFootprintGasScalar;

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    /// EIP-1559 parameters (0, 0) stay unset: L2 then uses the values of its chain configuration.
    constructor(Params memory p) {
        _transferOwnership(p.owner);
        batchInbox = p.batchInbox;
        optimismPortal = p.optimismPortal;
        l2ChainId = p.l2ChainId;
        startBlock = block.number;

        _setBatcherHash(bytes32(uint256(uint160(p.batcher))));
        _setGasConfigEcotone(p.basefeeScalar, p.blobbasefeeScalar);
        _setGasLimit(p.gasLimit);
        _setUnsafeBlockSigner(p.unsafeBlockSigner);
        if (p.eip1559Denominator != 0 || p.eip1559Elasticity != 0) {
            _setEIP1559Params(p.eip1559Denominator, p.eip1559Elasticity);
        }
        _setOperatorFeeScalars(p.operatorFeeScalar, p.operatorFeeConstant);
        _setMinBaseFee(p.minBaseFee);
        _setDAFootprintGasScalar(p.daFootprintGasScalar);
    }

    function version() external pure returns (string memory) {
        return "3.0.0";
    }

    /// The least L2 gas limit with which a block can hold its L1 attributes and all deposits of one L1 block.
    function minimumGasLimit() public pure returns (uint64) {
        return MAX_DEPOSIT_GAS + L1_ATTRIBUTES_GAS;
    }

    function unsafeBlockSigner() external view returns (address signer) {
        bytes32 slot = UNSAFE_BLOCK_SIGNER_SLOT;
        assembly {
            signer := sload(slot)
        }
    }

    /// Meaningful from Ecotone on.
    function basefeeScalar() external view returns (uint32) {
        return uint32(scalar);
    }

    /// Meaningful from Ecotone on.
    function blobbasefeeScalar() external view returns (uint32) {
        return uint32(scalar >> 32);
    }

    function transferOwnership(address newOwner) external onlyOwner {
        _transferOwnership(newOwner);
    }

    function setBatcherHash(bytes32 newBatcherHash) external onlyOwner {
        _setBatcherHash(newBatcherHash);
    }

    /// Fee scalars in the format from before Ecotone. A scalar over 32 bits has no meaning since Ecotone: derivation
    /// then keeps the old one.
    function setGasConfig(uint256 newOverhead, uint256 newScalar) external onlyOwner {
        if (newScalar >> 248 != 0) revert ScalarVersionIsNotZero(newScalar);
        overhead = newOverhead;
        scalar = newScalar;
        _update(UpdateType.FEE_SCALARS, abi.encode(newOverhead, newScalar));
    }

    function setGasConfigEcotone(uint32 newBasefeeScalar, uint32 newBlobbasefeeScalar) external onlyOwner {
        _setGasConfigEcotone(newBasefeeScalar, newBlobbasefeeScalar);
    }

    function setGasLimit(uint64 newGasLimit) external onlyOwner {
        _setGasLimit(newGasLimit);
    }

    function setUnsafeBlockSigner(address newSigner) external onlyOwner {
        _setUnsafeBlockSigner(newSigner);
    }

    function setEIP1559Params(uint32 newDenominator, uint32 newElasticity) external onlyOwner {
        _setEIP1559Params(newDenominator, newElasticity);
    }

    function setOperatorFeeScalars(uint32 newScalar, uint64 newConstant) external onlyOwner {
        _setOperatorFeeScalars(newScalar, newConstant);
    }

    function setMinBaseFee(uint64 newMinBaseFee) external onlyOwner {
        _setMinBaseFee(newMinBaseFee);
    }

    function setDAFootprintGasScalar(uint16 newScalar) external onlyOwner {
        _setDAFootprintGasScalar(newScalar);
    }

    function _update(UpdateType updateType, bytes memory data) private {
        emit ConfigUpdate(VERSION, updateType, data);
    }

    function _transferOwnership(address newOwner) private {
        if (newOwner == address(0)) revert OwnerIsZero();
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }

    function _setBatcherHash(bytes32 newBatcherHash) private {
        if (uint256(newBatcherHash) >> 160 != 0) revert BatcherHashIsNotAnAddress(newBatcherHash);
        batcherHash = newBatcherHash;
        _update(UpdateType.BATCHER, abi.encode(newBatcherHash));
    }

    /// Ecotone scalar: byte 0 = 1, bytes 24..28 the blob base fee scalar, bytes 28..32 the base fee scalar.
    function _setGasConfigEcotone(uint32 newBasefeeScalar, uint32 newBlobbasefeeScalar) private {
        scalar = (uint256(1) << 248) | (uint256(newBlobbasefeeScalar) << 32) | newBasefeeScalar;
        _update(UpdateType.FEE_SCALARS, abi.encode(overhead, scalar));
    }

    function _setGasLimit(uint64 newGasLimit) private {
        if (newGasLimit < minimumGasLimit() || newGasLimit > maximumGasLimit) {
            revert GasLimitOutOfBounds(newGasLimit, minimumGasLimit(), maximumGasLimit);
        }
        gasLimit = newGasLimit;
        _update(UpdateType.GAS_LIMIT, abi.encode(newGasLimit));
    }

    function _setUnsafeBlockSigner(address newSigner) private {
        bytes32 slot = UNSAFE_BLOCK_SIGNER_SLOT;
        assembly {
            sstore(slot, newSigner)
        }
        _update(UpdateType.UNSAFE_BLOCK_SIGNER, abi.encode(newSigner));
    }

    /// One word: bytes 24..28 the denominator, bytes 28..32 the elasticity.
    function _setEIP1559Params(uint32 newDenominator, uint32 newElasticity) private {
        if (newDenominator == 0 || newElasticity == 0) {
            revert EIP1559ParamIsZero(newDenominator, newElasticity);
        }
        eip1559Denominator = newDenominator;
        eip1559Elasticity = newElasticity;
        _update(UpdateType.EIP_1559_PARAMS, abi.encode((uint256(newDenominator) << 32) | newElasticity));
    }

    /// One word: bytes 20..24 the scalar, bytes 24..32 the constant.
    function _setOperatorFeeScalars(uint32 newScalar, uint64 newConstant) private {
        operatorFeeScalar = newScalar;
        operatorFeeConstant = newConstant;
        _update(UpdateType.OPERATOR_FEE_PARAMS, abi.encode((uint256(newScalar) << 64) | newConstant));
    }

    function _setMinBaseFee(uint64 newMinBaseFee) private {
        minBaseFee = newMinBaseFee;
        _update(UpdateType.MIN_BASE_FEE, abi.encode(newMinBaseFee));
    }

    function _setDAFootprintGasScalar(uint16 newScalar) private {
        daFootprintGasScalar = newScalar;
        _update(UpdateType.DA_FOOTPRINT_GAS_SCALAR, abi.encode(newScalar));
    }
}
