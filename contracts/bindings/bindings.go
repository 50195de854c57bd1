// Code generated via abigen V2 - DO NOT EDIT.
// This file is a generated binding and any manual changes will be lost.

package bindings

import (
	"bytes"
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Reference imports to suppress errors if they are not otherwise used.
var (
	_ = bytes.Equal
	_ = errors.New
	_ = big.NewInt
	_ = common.Big1
	_ = types.BloomLookup
	_ = abi.ConvertType
)

// Multicall3Call3 is an auto generated low-level Go binding around an user-defined struct.
type Multicall3Call3 struct {
	Target       common.Address
	AllowFailure bool
	CallData     []byte
}

// Multicall3Result is an auto generated low-level Go binding around an user-defined struct.
type Multicall3Result struct {
	Success    bool
	ReturnData []byte
}

// SystemConfigParams is an auto generated low-level Go binding around an user-defined struct.
type SystemConfigParams struct {
	Owner                common.Address
	Batcher              common.Address
	UnsafeBlockSigner    common.Address
	BatchInbox           common.Address
	OptimismPortal       common.Address
	L2ChainId            *big.Int
	GasLimit             uint64
	BasefeeScalar        uint32
	BlobbasefeeScalar    uint32
	Eip1559Denominator   uint32
	Eip1559Elasticity    uint32
	OperatorFeeScalar    uint32
	OperatorFeeConstant  uint64
	MinBaseFee           uint64
	DaFootprintGasScalar uint16
}

// Multicall3MetaData contains all meta data concerning the Multicall3 contract.
var Multicall3MetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"target\",\"type\":\"address\"},{\"internalType\":\"bool\",\"name\":\"allowFailure\",\"type\":\"bool\"},{\"internalType\":\"bytes\",\"name\":\"callData\",\"type\":\"bytes\"}],\"internalType\":\"structMulticall3.Call3[]\",\"name\":\"calls\",\"type\":\"tuple[]\"}],\"name\":\"aggregate3\",\"outputs\":[{\"components\":[{\"internalType\":\"bool\",\"name\":\"success\",\"type\":\"bool\"},{\"internalType\":\"bytes\",\"name\":\"returnData\",\"type\":\"bytes\"}],\"internalType\":\"structMulticall3.Result[]\",\"name\":\"returnData\",\"type\":\"tuple[]\"}],\"stateMutability\":\"payable\",\"type\":\"function\"}]",
	ID:  "Multicall3",
}

// Multicall3 is an auto generated Go binding around an Ethereum contract.
type Multicall3 struct {
	abi abi.ABI
}

// NewMulticall3 creates a new instance of Multicall3.
func NewMulticall3() *Multicall3 {
	parsed, err := Multicall3MetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &Multicall3{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *Multicall3) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackAggregate3 is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x82ad56cb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function aggregate3((address,bool,bytes)[] calls) payable returns((bool,bytes)[] returnData)
func (multicall3 *Multicall3) PackAggregate3(calls []Multicall3Call3) []byte {
	enc, err := multicall3.abi.Pack("aggregate3", calls)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAggregate3 is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x82ad56cb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function aggregate3((address,bool,bytes)[] calls) payable returns((bool,bytes)[] returnData)
func (multicall3 *Multicall3) TryPackAggregate3(calls []Multicall3Call3) ([]byte, error) {
	return multicall3.abi.Pack("aggregate3", calls)
}

// UnpackAggregate3 is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x82ad56cb.
//
// Solidity: function aggregate3((address,bool,bytes)[] calls) payable returns((bool,bytes)[] returnData)
func (multicall3 *Multicall3) UnpackAggregate3(data []byte) ([]Multicall3Result, error) {
	out, err := multicall3.abi.Unpack("aggregate3", data)
	if err != nil {
		return *new([]Multicall3Result), err
	}
	out0 := *abi.ConvertType(out[0], new([]Multicall3Result)).(*[]Multicall3Result)
	return out0, nil
}

// OptimismPortalMetaData contains all meta data concerning the OptimismPortal contract.
var OptimismPortalMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"internalType\":\"contractSystemConfig\",\"name\":\"config\",\"type\":\"address\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[],\"name\":\"BadTarget\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"asked\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"left\",\"type\":\"uint64\"}],\"name\":\"DepositGasExceeded\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"LargeCalldata\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"SmallGasLimit\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"uint256\",\"name\":\"version\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"bytes\",\"name\":\"opaqueData\",\"type\":\"bytes\"}],\"name\":\"TransactionDeposited\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"depositBlock\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"depositGas\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"},{\"internalType\":\"uint64\",\"name\":\"gasLimit\",\"type\":\"uint64\"},{\"internalType\":\"bool\",\"name\":\"isCreation\",\"type\":\"bool\"},{\"internalType\":\"bytes\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"depositTransaction\",\"outputs\":[],\"stateMutability\":\"payable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"byteCount\",\"type\":\"uint64\"}],\"name\":\"minimumGasLimit\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"systemConfig\",\"outputs\":[{\"internalType\":\"contractSystemConfig\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"version\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"stateMutability\":\"payable\",\"type\":\"receive\"}]",
	ID:  "OptimismPortal",
}

// OptimismPortal is an auto generated Go binding around an Ethereum contract.
type OptimismPortal struct {
	abi abi.ABI
}

// NewOptimismPortal creates a new instance of OptimismPortal.
func NewOptimismPortal() *OptimismPortal {
	parsed, err := OptimismPortalMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &OptimismPortal{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *OptimismPortal) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackConstructor is the Go binding used to pack the parameters required for
// contract deployment.
//
// Solidity: constructor(address config) returns()
func (optimismPortal *OptimismPortal) PackConstructor(config common.Address) []byte {
	enc, err := optimismPortal.abi.Pack("", config)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackDepositBlock is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x440de6bb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function depositBlock() view returns(uint64)
func (optimismPortal *OptimismPortal) PackDepositBlock() []byte {
	enc, err := optimismPortal.abi.Pack("depositBlock")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDepositBlock is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x440de6bb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function depositBlock() view returns(uint64)
func (optimismPortal *OptimismPortal) TryPackDepositBlock() ([]byte, error) {
	return optimismPortal.abi.Pack("depositBlock")
}

// UnpackDepositBlock is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x440de6bb.
//
// Solidity: function depositBlock() view returns(uint64)
func (optimismPortal *OptimismPortal) UnpackDepositBlock(data []byte) (uint64, error) {
	out, err := optimismPortal.abi.Unpack("depositBlock", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackDepositGas is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xae9bb692.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function depositGas() view returns(uint64)
func (optimismPortal *OptimismPortal) PackDepositGas() []byte {
	enc, err := optimismPortal.abi.Pack("depositGas")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDepositGas is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xae9bb692.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function depositGas() view returns(uint64)
func (optimismPortal *OptimismPortal) TryPackDepositGas() ([]byte, error) {
	return optimismPortal.abi.Pack("depositGas")
}

// UnpackDepositGas is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xae9bb692.
//
// Solidity: function depositGas() view returns(uint64)
func (optimismPortal *OptimismPortal) UnpackDepositGas(data []byte) (uint64, error) {
	out, err := optimismPortal.abi.Unpack("depositGas", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackDepositTransaction is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe9e05c42.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) payable returns()
func (optimismPortal *OptimismPortal) PackDepositTransaction(to common.Address, value *big.Int, gasLimit uint64, isCreation bool, data []byte) []byte {
	enc, err := optimismPortal.abi.Pack("depositTransaction", to, value, gasLimit, isCreation, data)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDepositTransaction is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe9e05c42.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes data) payable returns()
func (optimismPortal *OptimismPortal) TryPackDepositTransaction(to common.Address, value *big.Int, gasLimit uint64, isCreation bool, data []byte) ([]byte, error) {
	return optimismPortal.abi.Pack("depositTransaction", to, value, gasLimit, isCreation, data)
}

// PackMinimumGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa35d99df.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function minimumGasLimit(uint64 byteCount) pure returns(uint64)
func (optimismPortal *OptimismPortal) PackMinimumGasLimit(byteCount uint64) []byte {
	enc, err := optimismPortal.abi.Pack("minimumGasLimit", byteCount)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMinimumGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa35d99df.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function minimumGasLimit(uint64 byteCount) pure returns(uint64)
func (optimismPortal *OptimismPortal) TryPackMinimumGasLimit(byteCount uint64) ([]byte, error) {
	return optimismPortal.abi.Pack("minimumGasLimit", byteCount)
}

// UnpackMinimumGasLimit is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xa35d99df.
//
// Solidity: function minimumGasLimit(uint64 byteCount) pure returns(uint64)
func (optimismPortal *OptimismPortal) UnpackMinimumGasLimit(data []byte) (uint64, error) {
	out, err := optimismPortal.abi.Unpack("minimumGasLimit", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackSystemConfig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x33d7e2bd.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function systemConfig() view returns(address)
func (optimismPortal *OptimismPortal) PackSystemConfig() []byte {
	enc, err := optimismPortal.abi.Pack("systemConfig")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSystemConfig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x33d7e2bd.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function systemConfig() view returns(address)
func (optimismPortal *OptimismPortal) TryPackSystemConfig() ([]byte, error) {
	return optimismPortal.abi.Pack("systemConfig")
}

// UnpackSystemConfig is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x33d7e2bd.
//
// Solidity: function systemConfig() view returns(address)
func (optimismPortal *OptimismPortal) UnpackSystemConfig(data []byte) (common.Address, error) {
	out, err := optimismPortal.abi.Unpack("systemConfig", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackVersion is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x54fd4d50.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function version() pure returns(string)
func (optimismPortal *OptimismPortal) PackVersion() []byte {
	enc, err := optimismPortal.abi.Pack("version")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVersion is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x54fd4d50.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function version() pure returns(string)
func (optimismPortal *OptimismPortal) TryPackVersion() ([]byte, error) {
	return optimismPortal.abi.Pack("version")
}

// UnpackVersion is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x54fd4d50.
//
// Solidity: function version() pure returns(string)
func (optimismPortal *OptimismPortal) UnpackVersion(data []byte) (string, error) {
	out, err := optimismPortal.abi.Unpack("version", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// OptimismPortalTransactionDeposited represents a TransactionDeposited event raised by the OptimismPortal contract.
type OptimismPortalTransactionDeposited struct {
	From       common.Address
	To         common.Address
	Version    *big.Int
	OpaqueData []byte
	Raw        *types.Log // Blockchain specific contextual infos
}

const OptimismPortalTransactionDepositedEventName = "TransactionDeposited"

// ContractEventName returns the user-defined event name.
func (OptimismPortalTransactionDeposited) ContractEventName() string {
	return OptimismPortalTransactionDepositedEventName
}

// UnpackTransactionDepositedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData)
func (optimismPortal *OptimismPortal) UnpackTransactionDepositedEvent(log *types.Log) (*OptimismPortalTransactionDeposited, error) {
	event := "TransactionDeposited"
	if len(log.Topics) == 0 || log.Topics[0] != optimismPortal.abi.Events[event].ID {
		return nil, errors.New("event signature mismatch")
	}
	out := new(OptimismPortalTransactionDeposited)
	if len(log.Data) > 0 {
		if err := optimismPortal.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range optimismPortal.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (optimismPortal *OptimismPortal) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], optimismPortal.abi.Errors["BadTarget"].ID.Bytes()[:4]) {
		return optimismPortal.UnpackBadTargetError(raw[4:])
	}
	if bytes.Equal(raw[:4], optimismPortal.abi.Errors["DepositGasExceeded"].ID.Bytes()[:4]) {
		return optimismPortal.UnpackDepositGasExceededError(raw[4:])
	}
	if bytes.Equal(raw[:4], optimismPortal.abi.Errors["LargeCalldata"].ID.Bytes()[:4]) {
		return optimismPortal.UnpackLargeCalldataError(raw[4:])
	}
	if bytes.Equal(raw[:4], optimismPortal.abi.Errors["SmallGasLimit"].ID.Bytes()[:4]) {
		return optimismPortal.UnpackSmallGasLimitError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// OptimismPortalBadTarget represents a BadTarget error raised by the OptimismPortal contract.
type OptimismPortalBadTarget struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BadTarget()
func OptimismPortalBadTargetErrorID() common.Hash {
	return common.HexToHash("0x13496fdad3875138129e92bf0d7a120d9f7f119281644e3e5ea665ccbbe21488")
}

// UnpackBadTargetError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BadTarget()
func (optimismPortal *OptimismPortal) UnpackBadTargetError(raw []byte) (*OptimismPortalBadTarget, error) {
	out := new(OptimismPortalBadTarget)
	if err := optimismPortal.abi.UnpackIntoInterface(out, "BadTarget", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// OptimismPortalDepositGasExceeded represents a DepositGasExceeded error raised by the OptimismPortal contract.
type OptimismPortalDepositGasExceeded struct {
	Asked uint64
	Left  uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error DepositGasExceeded(uint64 asked, uint64 left)
func OptimismPortalDepositGasExceededErrorID() common.Hash {
	return common.HexToHash("0x2b6628e5e8dd8c51ff00aca8d0e2303630dde42b1136ff1aa0b984aea934bebf")
}

// UnpackDepositGasExceededError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error DepositGasExceeded(uint64 asked, uint64 left)
func (optimismPortal *OptimismPortal) UnpackDepositGasExceededError(raw []byte) (*OptimismPortalDepositGasExceeded, error) {
	out := new(OptimismPortalDepositGasExceeded)
	if err := optimismPortal.abi.UnpackIntoInterface(out, "DepositGasExceeded", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// OptimismPortalLargeCalldata represents a LargeCalldata error raised by the OptimismPortal contract.
type OptimismPortalLargeCalldata struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error LargeCalldata()
func OptimismPortalLargeCalldataErrorID() common.Hash {
	return common.HexToHash("0x73052b0f64faca17fa96ffc1fa21ba7ee5b6c418c2f3ffaeb9af08b3c534092f")
}

// UnpackLargeCalldataError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error LargeCalldata()
func (optimismPortal *OptimismPortal) UnpackLargeCalldataError(raw []byte) (*OptimismPortalLargeCalldata, error) {
	out := new(OptimismPortalLargeCalldata)
	if err := optimismPortal.abi.UnpackIntoInterface(out, "LargeCalldata", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// OptimismPortalSmallGasLimit represents a SmallGasLimit error raised by the OptimismPortal contract.
type OptimismPortalSmallGasLimit struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SmallGasLimit()
func OptimismPortalSmallGasLimitErrorID() common.Hash {
	return common.HexToHash("0x4929b808dec65c5ed411ea9b10187a0d4d141812282a141b020d83e8c7494eb7")
}

// UnpackSmallGasLimitError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SmallGasLimit()
func (optimismPortal *OptimismPortal) UnpackSmallGasLimitError(raw []byte) (*OptimismPortalSmallGasLimit, error) {
	out := new(OptimismPortalSmallGasLimit)
	if err := optimismPortal.abi.UnpackIntoInterface(out, "SmallGasLimit", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SystemConfigMetaData contains all meta data concerning the SystemConfig contract.
var SystemConfigMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"components\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"batcher\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"unsafeBlockSigner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"batchInbox\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"optimismPortal\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"l2ChainId\",\"type\":\"uint256\"},{\"internalType\":\"uint64\",\"name\":\"gasLimit\",\"type\":\"uint64\"},{\"internalType\":\"uint32\",\"name\":\"basefeeScalar\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"blobbasefeeScalar\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"eip1559Denominator\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"eip1559Elasticity\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"operatorFeeScalar\",\"type\":\"uint32\"},{\"internalType\":\"uint64\",\"name\":\"operatorFeeConstant\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"minBaseFee\",\"type\":\"uint64\"},{\"internalType\":\"uint16\",\"name\":\"daFootprintGasScalar\",\"type\":\"uint16\"}],\"internalType\":\"structSystemConfig.Params\",\"name\":\"p\",\"type\":\"tuple\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"batcherHash\",\"type\":\"bytes32\"}],\"name\":\"BatcherHashIsNotAnAddress\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"denominator\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"elasticity\",\"type\":\"uint32\"}],\"name\":\"EIP1559ParamIsZero\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"gasLimit\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"minimum\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"maximum\",\"type\":\"uint64\"}],\"name\":\"GasLimitOutOfBounds\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotOwner\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"OwnerIsZero\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"scalar\",\"type\":\"uint256\"}],\"name\":\"ScalarVersionIsNotZero\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"uint256\",\"name\":\"version\",\"type\":\"uint256\"},{\"indexed\":true,\"internalType\":\"enumSystemConfig.UpdateType\",\"name\":\"updateType\",\"type\":\"uint8\"},{\"indexed\":false,\"internalType\":\"bytes\",\"name\":\"data\",\"type\":\"bytes\"}],\"name\":\"ConfigUpdate\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previousOwner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"OwnershipTransferred\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"UNSAFE_BLOCK_SIGNER_SLOT\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"VERSION\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"basefeeScalar\",\"outputs\":[{\"internalType\":\"uint32\",\"name\":\"\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"batchInbox\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"batcherHash\",\"outputs\":[{\"internalType\":\"bytes32\",\"name\":\"\",\"type\":\"bytes32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"blobbasefeeScalar\",\"outputs\":[{\"internalType\":\"uint32\",\"name\":\"\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"daFootprintGasScalar\",\"outputs\":[{\"internalType\":\"uint16\",\"name\":\"\",\"type\":\"uint16\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"eip1559Denominator\",\"outputs\":[{\"internalType\":\"uint32\",\"name\":\"\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"eip1559Elasticity\",\"outputs\":[{\"internalType\":\"uint32\",\"name\":\"\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"gasLimit\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"l2ChainId\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"maximumGasLimit\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"minBaseFee\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"minimumGasLimit\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"operatorFeeConstant\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"operatorFeeScalar\",\"outputs\":[{\"internalType\":\"uint32\",\"name\":\"\",\"type\":\"uint32\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"optimismPortal\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"overhead\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"owner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"scalar\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"bytes32\",\"name\":\"newBatcherHash\",\"type\":\"bytes32\"}],\"name\":\"setBatcherHash\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint16\",\"name\":\"newScalar\",\"type\":\"uint16\"}],\"name\":\"setDAFootprintGasScalar\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"newDenominator\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"newElasticity\",\"type\":\"uint32\"}],\"name\":\"setEIP1559Params\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"newOverhead\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"newScalar\",\"type\":\"uint256\"}],\"name\":\"setGasConfig\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"newBasefeeScalar\",\"type\":\"uint32\"},{\"internalType\":\"uint32\",\"name\":\"newBlobbasefeeScalar\",\"type\":\"uint32\"}],\"name\":\"setGasConfigEcotone\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"newGasLimit\",\"type\":\"uint64\"}],\"name\":\"setGasLimit\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"newMinBaseFee\",\"type\":\"uint64\"}],\"name\":\"setMinBaseFee\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint32\",\"name\":\"newScalar\",\"type\":\"uint32\"},{\"internalType\":\"uint64\",\"name\":\"newConstant\",\"type\":\"uint64\"}],\"name\":\"setOperatorFeeScalars\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"newSigner\",\"type\":\"address\"}],\"name\":\"setUnsafeBlockSigner\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"startBlock\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"transferOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"unsafeBlockSigner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"signer\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"version\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"pure\",\"type\":\"function\"}]",
	ID:  "SystemConfig",
}

// SystemConfig is an auto generated Go binding around an Ethereum contract.
type SystemConfig struct {
	abi abi.ABI
}

// NewSystemConfig creates a new instance of SystemConfig.
func NewSystemConfig() *SystemConfig {
	parsed, err := SystemConfigMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &SystemConfig{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *SystemConfig) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackConstructor is the Go binding used to pack the parameters required for
// contract deployment.
//
// Solidity: constructor((address,address,address,address,address,uint256,uint64,uint32,uint32,uint32,uint32,uint32,uint64,uint64,uint16) p) returns()
func (systemConfig *SystemConfig) PackConstructor(p SystemConfigParams) []byte {
	enc, err := systemConfig.abi.Pack("", p)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackUNSAFEBLOCKSIGNERSLOT is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4f16540b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function UNSAFE_BLOCK_SIGNER_SLOT() view returns(bytes32)
func (systemConfig *SystemConfig) PackUNSAFEBLOCKSIGNERSLOT() []byte {
	enc, err := systemConfig.abi.Pack("UNSAFE_BLOCK_SIGNER_SLOT")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackUNSAFEBLOCKSIGNERSLOT is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4f16540b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function UNSAFE_BLOCK_SIGNER_SLOT() view returns(bytes32)
func (systemConfig *SystemConfig) TryPackUNSAFEBLOCKSIGNERSLOT() ([]byte, error) {
	return systemConfig.abi.Pack("UNSAFE_BLOCK_SIGNER_SLOT")
}

// UnpackUNSAFEBLOCKSIGNERSLOT is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x4f16540b.
//
// Solidity: function UNSAFE_BLOCK_SIGNER_SLOT() view returns(bytes32)
func (systemConfig *SystemConfig) UnpackUNSAFEBLOCKSIGNERSLOT(data []byte) ([32]byte, error) {
	out, err := systemConfig.abi.Unpack("UNSAFE_BLOCK_SIGNER_SLOT", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackVERSION is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xffa1ad74.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function VERSION() view returns(uint256)
func (systemConfig *SystemConfig) PackVERSION() []byte {
	enc, err := systemConfig.abi.Pack("VERSION")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVERSION is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xffa1ad74.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function VERSION() view returns(uint256)
func (systemConfig *SystemConfig) TryPackVERSION() ([]byte, error) {
	return systemConfig.abi.Pack("VERSION")
}

// UnpackVERSION is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xffa1ad74.
//
// Solidity: function VERSION() view returns(uint256)
func (systemConfig *SystemConfig) UnpackVERSION(data []byte) (*big.Int, error) {
	out, err := systemConfig.abi.Unpack("VERSION", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackBasefeeScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbfb14fb7.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function basefeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) PackBasefeeScalar() []byte {
	enc, err := systemConfig.abi.Pack("basefeeScalar")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBasefeeScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xbfb14fb7.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function basefeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) TryPackBasefeeScalar() ([]byte, error) {
	return systemConfig.abi.Pack("basefeeScalar")
}

// UnpackBasefeeScalar is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xbfb14fb7.
//
// Solidity: function basefeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) UnpackBasefeeScalar(data []byte) (uint32, error) {
	out, err := systemConfig.abi.Unpack("basefeeScalar", data)
	if err != nil {
		return *new(uint32), err
	}
	out0 := *abi.ConvertType(out[0], new(uint32)).(*uint32)
	return out0, nil
}

// PackBatchInbox is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdac6e63a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function batchInbox() view returns(address)
func (systemConfig *SystemConfig) PackBatchInbox() []byte {
	enc, err := systemConfig.abi.Pack("batchInbox")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBatchInbox is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdac6e63a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function batchInbox() view returns(address)
func (systemConfig *SystemConfig) TryPackBatchInbox() ([]byte, error) {
	return systemConfig.abi.Pack("batchInbox")
}

// UnpackBatchInbox is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xdac6e63a.
//
// Solidity: function batchInbox() view returns(address)
func (systemConfig *SystemConfig) UnpackBatchInbox(data []byte) (common.Address, error) {
	out, err := systemConfig.abi.Unpack("batchInbox", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackBatcherHash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe81b2c6d.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function batcherHash() view returns(bytes32)
func (systemConfig *SystemConfig) PackBatcherHash() []byte {
	enc, err := systemConfig.abi.Pack("batcherHash")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBatcherHash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe81b2c6d.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function batcherHash() view returns(bytes32)
func (systemConfig *SystemConfig) TryPackBatcherHash() ([]byte, error) {
	return systemConfig.abi.Pack("batcherHash")
}

// UnpackBatcherHash is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe81b2c6d.
//
// Solidity: function batcherHash() view returns(bytes32)
func (systemConfig *SystemConfig) UnpackBatcherHash(data []byte) ([32]byte, error) {
	out, err := systemConfig.abi.Unpack("batcherHash", data)
	if err != nil {
		return *new([32]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([32]byte)).(*[32]byte)
	return out0, nil
}

// PackBlobbasefeeScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xec707517.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function blobbasefeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) PackBlobbasefeeScalar() []byte {
	enc, err := systemConfig.abi.Pack("blobbasefeeScalar")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBlobbasefeeScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xec707517.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function blobbasefeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) TryPackBlobbasefeeScalar() ([]byte, error) {
	return systemConfig.abi.Pack("blobbasefeeScalar")
}

// UnpackBlobbasefeeScalar is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xec707517.
//
// Solidity: function blobbasefeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) UnpackBlobbasefeeScalar(data []byte) (uint32, error) {
	out, err := systemConfig.abi.Unpack("blobbasefeeScalar", data)
	if err != nil {
		return *new(uint32), err
	}
	out0 := *abi.ConvertType(out[0], new(uint32)).(*uint32)
	return out0, nil
}

// PackDaFootprintGasScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfe3d5710.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function daFootprintGasScalar() view returns(uint16)
func (systemConfig *SystemConfig) PackDaFootprintGasScalar() []byte {
	enc, err := systemConfig.abi.Pack("daFootprintGasScalar")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDaFootprintGasScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfe3d5710.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function daFootprintGasScalar() view returns(uint16)
func (systemConfig *SystemConfig) TryPackDaFootprintGasScalar() ([]byte, error) {
	return systemConfig.abi.Pack("daFootprintGasScalar")
}

// UnpackDaFootprintGasScalar is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xfe3d5710.
//
// Solidity: function daFootprintGasScalar() view returns(uint16)
func (systemConfig *SystemConfig) UnpackDaFootprintGasScalar(data []byte) (uint16, error) {
	out, err := systemConfig.abi.Unpack("daFootprintGasScalar", data)
	if err != nil {
		return *new(uint16), err
	}
	out0 := *abi.ConvertType(out[0], new(uint16)).(*uint16)
	return out0, nil
}

// PackEip1559Denominator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd220a9e0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function eip1559Denominator() view returns(uint32)
func (systemConfig *SystemConfig) PackEip1559Denominator() []byte {
	enc, err := systemConfig.abi.Pack("eip1559Denominator")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackEip1559Denominator is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd220a9e0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function eip1559Denominator() view returns(uint32)
func (systemConfig *SystemConfig) TryPackEip1559Denominator() ([]byte, error) {
	return systemConfig.abi.Pack("eip1559Denominator")
}

// UnpackEip1559Denominator is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd220a9e0.
//
// Solidity: function eip1559Denominator() view returns(uint32)
func (systemConfig *SystemConfig) UnpackEip1559Denominator(data []byte) (uint32, error) {
	out, err := systemConfig.abi.Unpack("eip1559Denominator", data)
	if err != nil {
		return *new(uint32), err
	}
	out0 := *abi.ConvertType(out[0], new(uint32)).(*uint32)
	return out0, nil
}

// PackEip1559Elasticity is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc9ff2d16.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function eip1559Elasticity() view returns(uint32)
func (systemConfig *SystemConfig) PackEip1559Elasticity() []byte {
	enc, err := systemConfig.abi.Pack("eip1559Elasticity")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackEip1559Elasticity is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc9ff2d16.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function eip1559Elasticity() view returns(uint32)
func (systemConfig *SystemConfig) TryPackEip1559Elasticity() ([]byte, error) {
	return systemConfig.abi.Pack("eip1559Elasticity")
}

// UnpackEip1559Elasticity is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xc9ff2d16.
//
// Solidity: function eip1559Elasticity() view returns(uint32)
func (systemConfig *SystemConfig) UnpackEip1559Elasticity(data []byte) (uint32, error) {
	out, err := systemConfig.abi.Unpack("eip1559Elasticity", data)
	if err != nil {
		return *new(uint32), err
	}
	out0 := *abi.ConvertType(out[0], new(uint32)).(*uint32)
	return out0, nil
}

// PackGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf68016b7.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function gasLimit() view returns(uint64)
func (systemConfig *SystemConfig) PackGasLimit() []byte {
	enc, err := systemConfig.abi.Pack("gasLimit")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf68016b7.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function gasLimit() view returns(uint64)
func (systemConfig *SystemConfig) TryPackGasLimit() ([]byte, error) {
	return systemConfig.abi.Pack("gasLimit")
}

// UnpackGasLimit is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xf68016b7.
//
// Solidity: function gasLimit() view returns(uint64)
func (systemConfig *SystemConfig) UnpackGasLimit(data []byte) (uint64, error) {
	out, err := systemConfig.abi.Unpack("gasLimit", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackL2ChainId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd6ae3cd5.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function l2ChainId() view returns(uint256)
func (systemConfig *SystemConfig) PackL2ChainId() []byte {
	enc, err := systemConfig.abi.Pack("l2ChainId")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackL2ChainId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd6ae3cd5.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function l2ChainId() view returns(uint256)
func (systemConfig *SystemConfig) TryPackL2ChainId() ([]byte, error) {
	return systemConfig.abi.Pack("l2ChainId")
}

// UnpackL2ChainId is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd6ae3cd5.
//
// Solidity: function l2ChainId() view returns(uint256)
func (systemConfig *SystemConfig) UnpackL2ChainId(data []byte) (*big.Int, error) {
	out, err := systemConfig.abi.Unpack("l2ChainId", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackMaximumGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0ae14b1b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function maximumGasLimit() view returns(uint64)
func (systemConfig *SystemConfig) PackMaximumGasLimit() []byte {
	enc, err := systemConfig.abi.Pack("maximumGasLimit")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMaximumGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0ae14b1b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function maximumGasLimit() view returns(uint64)
func (systemConfig *SystemConfig) TryPackMaximumGasLimit() ([]byte, error) {
	return systemConfig.abi.Pack("maximumGasLimit")
}

// UnpackMaximumGasLimit is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0ae14b1b.
//
// Solidity: function maximumGasLimit() view returns(uint64)
func (systemConfig *SystemConfig) UnpackMaximumGasLimit(data []byte) (uint64, error) {
	out, err := systemConfig.abi.Unpack("maximumGasLimit", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMinBaseFee is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa62611a2.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function minBaseFee() view returns(uint64)
func (systemConfig *SystemConfig) PackMinBaseFee() []byte {
	enc, err := systemConfig.abi.Pack("minBaseFee")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMinBaseFee is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa62611a2.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function minBaseFee() view returns(uint64)
func (systemConfig *SystemConfig) TryPackMinBaseFee() ([]byte, error) {
	return systemConfig.abi.Pack("minBaseFee")
}

// UnpackMinBaseFee is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xa62611a2.
//
// Solidity: function minBaseFee() view returns(uint64)
func (systemConfig *SystemConfig) UnpackMinBaseFee(data []byte) (uint64, error) {
	out, err := systemConfig.abi.Unpack("minBaseFee", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackMinimumGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4add321d.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function minimumGasLimit() pure returns(uint64)
func (systemConfig *SystemConfig) PackMinimumGasLimit() []byte {
	enc, err := systemConfig.abi.Pack("minimumGasLimit")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMinimumGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4add321d.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function minimumGasLimit() pure returns(uint64)
func (systemConfig *SystemConfig) TryPackMinimumGasLimit() ([]byte, error) {
	return systemConfig.abi.Pack("minimumGasLimit")
}

// UnpackMinimumGasLimit is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x4add321d.
//
// Solidity: function minimumGasLimit() pure returns(uint64)
func (systemConfig *SystemConfig) UnpackMinimumGasLimit(data []byte) (uint64, error) {
	out, err := systemConfig.abi.Unpack("minimumGasLimit", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackOperatorFeeConstant is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x16d3bc7f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function operatorFeeConstant() view returns(uint64)
func (systemConfig *SystemConfig) PackOperatorFeeConstant() []byte {
	enc, err := systemConfig.abi.Pack("operatorFeeConstant")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOperatorFeeConstant is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x16d3bc7f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function operatorFeeConstant() view returns(uint64)
func (systemConfig *SystemConfig) TryPackOperatorFeeConstant() ([]byte, error) {
	return systemConfig.abi.Pack("operatorFeeConstant")
}

// UnpackOperatorFeeConstant is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x16d3bc7f.
//
// Solidity: function operatorFeeConstant() view returns(uint64)
func (systemConfig *SystemConfig) UnpackOperatorFeeConstant(data []byte) (uint64, error) {
	out, err := systemConfig.abi.Unpack("operatorFeeConstant", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackOperatorFeeScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4d5d9a2a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function operatorFeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) PackOperatorFeeScalar() []byte {
	enc, err := systemConfig.abi.Pack("operatorFeeScalar")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOperatorFeeScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x4d5d9a2a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function operatorFeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) TryPackOperatorFeeScalar() ([]byte, error) {
	return systemConfig.abi.Pack("operatorFeeScalar")
}

// UnpackOperatorFeeScalar is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x4d5d9a2a.
//
// Solidity: function operatorFeeScalar() view returns(uint32)
func (systemConfig *SystemConfig) UnpackOperatorFeeScalar(data []byte) (uint32, error) {
	out, err := systemConfig.abi.Unpack("operatorFeeScalar", data)
	if err != nil {
		return *new(uint32), err
	}
	out0 := *abi.ConvertType(out[0], new(uint32)).(*uint32)
	return out0, nil
}

// PackOptimismPortal is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0a49cb03.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function optimismPortal() view returns(address)
func (systemConfig *SystemConfig) PackOptimismPortal() []byte {
	enc, err := systemConfig.abi.Pack("optimismPortal")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOptimismPortal is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0a49cb03.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function optimismPortal() view returns(address)
func (systemConfig *SystemConfig) TryPackOptimismPortal() ([]byte, error) {
	return systemConfig.abi.Pack("optimismPortal")
}

// UnpackOptimismPortal is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0a49cb03.
//
// Solidity: function optimismPortal() view returns(address)
func (systemConfig *SystemConfig) UnpackOptimismPortal(data []byte) (common.Address, error) {
	out, err := systemConfig.abi.Unpack("optimismPortal", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackOverhead is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0c18c162.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function overhead() view returns(uint256)
func (systemConfig *SystemConfig) PackOverhead() []byte {
	enc, err := systemConfig.abi.Pack("overhead")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOverhead is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0c18c162.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function overhead() view returns(uint256)
func (systemConfig *SystemConfig) TryPackOverhead() ([]byte, error) {
	return systemConfig.abi.Pack("overhead")
}

// UnpackOverhead is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0c18c162.
//
// Solidity: function overhead() view returns(uint256)
func (systemConfig *SystemConfig) UnpackOverhead(data []byte) (*big.Int, error) {
	out, err := systemConfig.abi.Unpack("overhead", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8da5cb5b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function owner() view returns(address)
func (systemConfig *SystemConfig) PackOwner() []byte {
	enc, err := systemConfig.abi.Pack("owner")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8da5cb5b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function owner() view returns(address)
func (systemConfig *SystemConfig) TryPackOwner() ([]byte, error) {
	return systemConfig.abi.Pack("owner")
}

// UnpackOwner is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x8da5cb5b.
//
// Solidity: function owner() view returns(address)
func (systemConfig *SystemConfig) UnpackOwner(data []byte) (common.Address, error) {
	out, err := systemConfig.abi.Unpack("owner", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf45e65d8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function scalar() view returns(uint256)
func (systemConfig *SystemConfig) PackScalar() []byte {
	enc, err := systemConfig.abi.Pack("scalar")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf45e65d8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function scalar() view returns(uint256)
func (systemConfig *SystemConfig) TryPackScalar() ([]byte, error) {
	return systemConfig.abi.Pack("scalar")
}

// UnpackScalar is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xf45e65d8.
//
// Solidity: function scalar() view returns(uint256)
func (systemConfig *SystemConfig) UnpackScalar(data []byte) (*big.Int, error) {
	out, err := systemConfig.abi.Unpack("scalar", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackSetBatcherHash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc9b26f61.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setBatcherHash(bytes32 newBatcherHash) returns()
func (systemConfig *SystemConfig) PackSetBatcherHash(newBatcherHash [32]byte) []byte {
	enc, err := systemConfig.abi.Pack("setBatcherHash", newBatcherHash)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetBatcherHash is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc9b26f61.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setBatcherHash(bytes32 newBatcherHash) returns()
func (systemConfig *SystemConfig) TryPackSetBatcherHash(newBatcherHash [32]byte) ([]byte, error) {
	return systemConfig.abi.Pack("setBatcherHash", newBatcherHash)
}

// PackSetDAFootprintGasScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x20f06fdc.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setDAFootprintGasScalar(uint16 newScalar) returns()
func (systemConfig *SystemConfig) PackSetDAFootprintGasScalar(newScalar uint16) []byte {
	enc, err := systemConfig.abi.Pack("setDAFootprintGasScalar", newScalar)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetDAFootprintGasScalar is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x20f06fdc.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setDAFootprintGasScalar(uint16 newScalar) returns()
func (systemConfig *SystemConfig) TryPackSetDAFootprintGasScalar(newScalar uint16) ([]byte, error) {
	return systemConfig.abi.Pack("setDAFootprintGasScalar", newScalar)
}

// PackSetEIP1559Params is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc0fd4b41.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setEIP1559Params(uint32 newDenominator, uint32 newElasticity) returns()
func (systemConfig *SystemConfig) PackSetEIP1559Params(newDenominator uint32, newElasticity uint32) []byte {
	enc, err := systemConfig.abi.Pack("setEIP1559Params", newDenominator, newElasticity)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetEIP1559Params is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc0fd4b41.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setEIP1559Params(uint32 newDenominator, uint32 newElasticity) returns()
func (systemConfig *SystemConfig) TryPackSetEIP1559Params(newDenominator uint32, newElasticity uint32) ([]byte, error) {
	return systemConfig.abi.Pack("setEIP1559Params", newDenominator, newElasticity)
}

// PackSetGasConfig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x935f029e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setGasConfig(uint256 newOverhead, uint256 newScalar) returns()
func (systemConfig *SystemConfig) PackSetGasConfig(newOverhead *big.Int, newScalar *big.Int) []byte {
	enc, err := systemConfig.abi.Pack("setGasConfig", newOverhead, newScalar)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetGasConfig is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x935f029e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setGasConfig(uint256 newOverhead, uint256 newScalar) returns()
func (systemConfig *SystemConfig) TryPackSetGasConfig(newOverhead *big.Int, newScalar *big.Int) ([]byte, error) {
	return systemConfig.abi.Pack("setGasConfig", newOverhead, newScalar)
}

// PackSetGasConfigEcotone is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x21d7fde5.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setGasConfigEcotone(uint32 newBasefeeScalar, uint32 newBlobbasefeeScalar) returns()
func (systemConfig *SystemConfig) PackSetGasConfigEcotone(newBasefeeScalar uint32, newBlobbasefeeScalar uint32) []byte {
	enc, err := systemConfig.abi.Pack("setGasConfigEcotone", newBasefeeScalar, newBlobbasefeeScalar)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetGasConfigEcotone is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x21d7fde5.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setGasConfigEcotone(uint32 newBasefeeScalar, uint32 newBlobbasefeeScalar) returns()
func (systemConfig *SystemConfig) TryPackSetGasConfigEcotone(newBasefeeScalar uint32, newBlobbasefeeScalar uint32) ([]byte, error) {
	return systemConfig.abi.Pack("setGasConfigEcotone", newBasefeeScalar, newBlobbasefeeScalar)
}

// PackSetGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb40a817c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setGasLimit(uint64 newGasLimit) returns()
func (systemConfig *SystemConfig) PackSetGasLimit(newGasLimit uint64) []byte {
	enc, err := systemConfig.abi.Pack("setGasLimit", newGasLimit)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetGasLimit is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xb40a817c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setGasLimit(uint64 newGasLimit) returns()
func (systemConfig *SystemConfig) TryPackSetGasLimit(newGasLimit uint64) ([]byte, error) {
	return systemConfig.abi.Pack("setGasLimit", newGasLimit)
}

// PackSetMinBaseFee is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7616f0e8.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setMinBaseFee(uint64 newMinBaseFee) returns()
func (systemConfig *SystemConfig) PackSetMinBaseFee(newMinBaseFee uint64) []byte {
	enc, err := systemConfig.abi.Pack("setMinBaseFee", newMinBaseFee)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetMinBaseFee is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x7616f0e8.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setMinBaseFee(uint64 newMinBaseFee) returns()
func (systemConfig *SystemConfig) TryPackSetMinBaseFee(newMinBaseFee uint64) ([]byte, error) {
	return systemConfig.abi.Pack("setMinBaseFee", newMinBaseFee)
}

// PackSetOperatorFeeScalars is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x155b6c6f.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setOperatorFeeScalars(uint32 newScalar, uint64 newConstant) returns()
func (systemConfig *SystemConfig) PackSetOperatorFeeScalars(newScalar uint32, newConstant uint64) []byte {
	enc, err := systemConfig.abi.Pack("setOperatorFeeScalars", newScalar, newConstant)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetOperatorFeeScalars is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x155b6c6f.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setOperatorFeeScalars(uint32 newScalar, uint64 newConstant) returns()
func (systemConfig *SystemConfig) TryPackSetOperatorFeeScalars(newScalar uint32, newConstant uint64) ([]byte, error) {
	return systemConfig.abi.Pack("setOperatorFeeScalars", newScalar, newConstant)
}

// PackSetUnsafeBlockSigner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18d13918.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setUnsafeBlockSigner(address newSigner) returns()
func (systemConfig *SystemConfig) PackSetUnsafeBlockSigner(newSigner common.Address) []byte {
	enc, err := systemConfig.abi.Pack("setUnsafeBlockSigner", newSigner)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetUnsafeBlockSigner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18d13918.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setUnsafeBlockSigner(address newSigner) returns()
func (systemConfig *SystemConfig) TryPackSetUnsafeBlockSigner(newSigner common.Address) ([]byte, error) {
	return systemConfig.abi.Pack("setUnsafeBlockSigner", newSigner)
}

// PackStartBlock is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x48cd4cb1.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function startBlock() view returns(uint256)
func (systemConfig *SystemConfig) PackStartBlock() []byte {
	enc, err := systemConfig.abi.Pack("startBlock")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackStartBlock is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x48cd4cb1.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function startBlock() view returns(uint256)
func (systemConfig *SystemConfig) TryPackStartBlock() ([]byte, error) {
	return systemConfig.abi.Pack("startBlock")
}

// UnpackStartBlock is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x48cd4cb1.
//
// Solidity: function startBlock() view returns(uint256)
func (systemConfig *SystemConfig) UnpackStartBlock(data []byte) (*big.Int, error) {
	out, err := systemConfig.abi.Unpack("startBlock", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackTransferOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf2fde38b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferOwnership(address newOwner) returns()
func (systemConfig *SystemConfig) PackTransferOwnership(newOwner common.Address) []byte {
	enc, err := systemConfig.abi.Pack("transferOwnership", newOwner)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf2fde38b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferOwnership(address newOwner) returns()
func (systemConfig *SystemConfig) TryPackTransferOwnership(newOwner common.Address) ([]byte, error) {
	return systemConfig.abi.Pack("transferOwnership", newOwner)
}

// PackUnsafeBlockSigner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x1fd19ee1.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function unsafeBlockSigner() view returns(address signer)
func (systemConfig *SystemConfig) PackUnsafeBlockSigner() []byte {
	enc, err := systemConfig.abi.Pack("unsafeBlockSigner")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackUnsafeBlockSigner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x1fd19ee1.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function unsafeBlockSigner() view returns(address signer)
func (systemConfig *SystemConfig) TryPackUnsafeBlockSigner() ([]byte, error) {
	return systemConfig.abi.Pack("unsafeBlockSigner")
}

// UnpackUnsafeBlockSigner is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x1fd19ee1.
//
// Solidity: function unsafeBlockSigner() view returns(address signer)
func (systemConfig *SystemConfig) UnpackUnsafeBlockSigner(data []byte) (common.Address, error) {
	out, err := systemConfig.abi.Unpack("unsafeBlockSigner", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackVersion is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x54fd4d50.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function version() pure returns(string)
func (systemConfig *SystemConfig) PackVersion() []byte {
	enc, err := systemConfig.abi.Pack("version")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackVersion is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x54fd4d50.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function version() pure returns(string)
func (systemConfig *SystemConfig) TryPackVersion() ([]byte, error) {
	return systemConfig.abi.Pack("version")
}

// UnpackVersion is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x54fd4d50.
//
// Solidity: function version() pure returns(string)
func (systemConfig *SystemConfig) UnpackVersion(data []byte) (string, error) {
	out, err := systemConfig.abi.Unpack("version", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// SystemConfigConfigUpdate represents a ConfigUpdate event raised by the SystemConfig contract.
type SystemConfigConfigUpdate struct {
	Version    *big.Int
	UpdateType uint8
	Data       []byte
	Raw        *types.Log // Blockchain specific contextual infos
}

const SystemConfigConfigUpdateEventName = "ConfigUpdate"

// ContractEventName returns the user-defined event name.
func (SystemConfigConfigUpdate) ContractEventName() string {
	return SystemConfigConfigUpdateEventName
}

// UnpackConfigUpdateEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event ConfigUpdate(uint256 indexed version, uint8 indexed updateType, bytes data)
func (systemConfig *SystemConfig) UnpackConfigUpdateEvent(log *types.Log) (*SystemConfigConfigUpdate, error) {
	event := "ConfigUpdate"
	if len(log.Topics) == 0 || log.Topics[0] != systemConfig.abi.Events[event].ID {
		return nil, errors.New("event signature mismatch")
	}
	out := new(SystemConfigConfigUpdate)
	if len(log.Data) > 0 {
		if err := systemConfig.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range systemConfig.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SystemConfigOwnershipTransferred represents a OwnershipTransferred event raised by the SystemConfig contract.
type SystemConfigOwnershipTransferred struct {
	PreviousOwner common.Address
	NewOwner      common.Address
	Raw           *types.Log // Blockchain specific contextual infos
}

const SystemConfigOwnershipTransferredEventName = "OwnershipTransferred"

// ContractEventName returns the user-defined event name.
func (SystemConfigOwnershipTransferred) ContractEventName() string {
	return SystemConfigOwnershipTransferredEventName
}

// UnpackOwnershipTransferredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)
func (systemConfig *SystemConfig) UnpackOwnershipTransferredEvent(log *types.Log) (*SystemConfigOwnershipTransferred, error) {
	event := "OwnershipTransferred"
	if len(log.Topics) == 0 || log.Topics[0] != systemConfig.abi.Events[event].ID {
		return nil, errors.New("event signature mismatch")
	}
	out := new(SystemConfigOwnershipTransferred)
	if len(log.Data) > 0 {
		if err := systemConfig.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range systemConfig.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (systemConfig *SystemConfig) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], systemConfig.abi.Errors["BatcherHashIsNotAnAddress"].ID.Bytes()[:4]) {
		return systemConfig.UnpackBatcherHashIsNotAnAddressError(raw[4:])
	}
	if bytes.Equal(raw[:4], systemConfig.abi.Errors["EIP1559ParamIsZero"].ID.Bytes()[:4]) {
		return systemConfig.UnpackEIP1559ParamIsZeroError(raw[4:])
	}
	if bytes.Equal(raw[:4], systemConfig.abi.Errors["GasLimitOutOfBounds"].ID.Bytes()[:4]) {
		return systemConfig.UnpackGasLimitOutOfBoundsError(raw[4:])
	}
	if bytes.Equal(raw[:4], systemConfig.abi.Errors["NotOwner"].ID.Bytes()[:4]) {
		return systemConfig.UnpackNotOwnerError(raw[4:])
	}
	if bytes.Equal(raw[:4], systemConfig.abi.Errors["OwnerIsZero"].ID.Bytes()[:4]) {
		return systemConfig.UnpackOwnerIsZeroError(raw[4:])
	}
	if bytes.Equal(raw[:4], systemConfig.abi.Errors["ScalarVersionIsNotZero"].ID.Bytes()[:4]) {
		return systemConfig.UnpackScalarVersionIsNotZeroError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// SystemConfigBatcherHashIsNotAnAddress represents a BatcherHashIsNotAnAddress error raised by the SystemConfig contract.
type SystemConfigBatcherHashIsNotAnAddress struct {
	BatcherHash [32]byte
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BatcherHashIsNotAnAddress(bytes32 batcherHash)
func SystemConfigBatcherHashIsNotAnAddressErrorID() common.Hash {
	return common.HexToHash("0x31bb445351ae8934af75eff7f036858ab1d5c097d0649bc9df95f89e80aa8057")
}

// UnpackBatcherHashIsNotAnAddressError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BatcherHashIsNotAnAddress(bytes32 batcherHash)
func (systemConfig *SystemConfig) UnpackBatcherHashIsNotAnAddressError(raw []byte) (*SystemConfigBatcherHashIsNotAnAddress, error) {
	out := new(SystemConfigBatcherHashIsNotAnAddress)
	if err := systemConfig.abi.UnpackIntoInterface(out, "BatcherHashIsNotAnAddress", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SystemConfigEIP1559ParamIsZero represents a EIP1559ParamIsZero error raised by the SystemConfig contract.
type SystemConfigEIP1559ParamIsZero struct {
	Denominator uint32
	Elasticity  uint32
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error EIP1559ParamIsZero(uint32 denominator, uint32 elasticity)
func SystemConfigEIP1559ParamIsZeroErrorID() common.Hash {
	return common.HexToHash("0x0e8e02abb3260c8a888282dca6efffbd459710049b2a5cb865e06352424e24a4")
}

// UnpackEIP1559ParamIsZeroError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error EIP1559ParamIsZero(uint32 denominator, uint32 elasticity)
func (systemConfig *SystemConfig) UnpackEIP1559ParamIsZeroError(raw []byte) (*SystemConfigEIP1559ParamIsZero, error) {
	out := new(SystemConfigEIP1559ParamIsZero)
	if err := systemConfig.abi.UnpackIntoInterface(out, "EIP1559ParamIsZero", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SystemConfigGasLimitOutOfBounds represents a GasLimitOutOfBounds error raised by the SystemConfig contract.
type SystemConfigGasLimitOutOfBounds struct {
	GasLimit uint64
	Minimum  uint64
	Maximum  uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error GasLimitOutOfBounds(uint64 gasLimit, uint64 minimum, uint64 maximum)
func SystemConfigGasLimitOutOfBoundsErrorID() common.Hash {
	return common.HexToHash("0x0c219753fa2baf4494bc7ef8aed1e49b8b4f73bd87f97f7fe865d5fd06801cc8")
}

// UnpackGasLimitOutOfBoundsError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error GasLimitOutOfBounds(uint64 gasLimit, uint64 minimum, uint64 maximum)
func (systemConfig *SystemConfig) UnpackGasLimitOutOfBoundsError(raw []byte) (*SystemConfigGasLimitOutOfBounds, error) {
	out := new(SystemConfigGasLimitOutOfBounds)
	if err := systemConfig.abi.UnpackIntoInterface(out, "GasLimitOutOfBounds", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SystemConfigNotOwner represents a NotOwner error raised by the SystemConfig contract.
type SystemConfigNotOwner struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotOwner(address caller)
func SystemConfigNotOwnerErrorID() common.Hash {
	return common.HexToHash("0x245aecd3fabbd17d6c3c92dc7f0ab916ea8cbf6fc1862c8b56893090ac3fff4c")
}

// UnpackNotOwnerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotOwner(address caller)
func (systemConfig *SystemConfig) UnpackNotOwnerError(raw []byte) (*SystemConfigNotOwner, error) {
	out := new(SystemConfigNotOwner)
	if err := systemConfig.abi.UnpackIntoInterface(out, "NotOwner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SystemConfigOwnerIsZero represents a OwnerIsZero error raised by the SystemConfig contract.
type SystemConfigOwnerIsZero struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error OwnerIsZero()
func SystemConfigOwnerIsZeroErrorID() common.Hash {
	return common.HexToHash("0x4269a0590417d42cdfb196157d1aa3be8ea52ba25903a6765ef45270ffd51395")
}

// UnpackOwnerIsZeroError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error OwnerIsZero()
func (systemConfig *SystemConfig) UnpackOwnerIsZeroError(raw []byte) (*SystemConfigOwnerIsZero, error) {
	out := new(SystemConfigOwnerIsZero)
	if err := systemConfig.abi.UnpackIntoInterface(out, "OwnerIsZero", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SystemConfigScalarVersionIsNotZero represents a ScalarVersionIsNotZero error raised by the SystemConfig contract.
type SystemConfigScalarVersionIsNotZero struct {
	Scalar *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ScalarVersionIsNotZero(uint256 scalar)
func SystemConfigScalarVersionIsNotZeroErrorID() common.Hash {
	return common.HexToHash("0xce5ef247571202e398c7f6f8883a273c34e68c17ae788c80fcfa32acd6774ca0")
}

// UnpackScalarVersionIsNotZeroError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ScalarVersionIsNotZero(uint256 scalar)
func (systemConfig *SystemConfig) UnpackScalarVersionIsNotZeroError(raw []byte) (*SystemConfigScalarVersionIsNotZero, error) {
	out := new(SystemConfigScalarVersionIsNotZero)
	if err := systemConfig.abi.UnpackIntoInterface(out, "ScalarVersionIsNotZero", raw); err != nil {
		return nil, err
	}
	return out, nil
}
