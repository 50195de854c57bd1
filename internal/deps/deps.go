package deps
import (
 _ "github.com/ethereum/go-ethereum/eth"
 _ "github.com/ethereum/go-ethereum/eth/catalyst"
 _ "github.com/ethereum/go-ethereum/eth/filters"
 _ "github.com/ethereum/go-ethereum/node"
 _ "github.com/ethereum/go-ethereum/ethclient"
 _ "github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
 _ "github.com/ethereum/go-ethereum/core/vm/runtime"
 _ "github.com/ethereum-optimism/optimism/op-core/nuts/state"
 _ "github.com/andybalholm/brotli"
 _ "github.com/alecthomas/kong"
 _ "github.com/klauspost/compress/zlib"
 _ "golang.org/x/sync/errgroup"
 _ "github.com/holiman/uint256"
)
