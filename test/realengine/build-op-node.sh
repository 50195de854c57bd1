#!/usr/bin/env bash
# build-op-node.sh OUT: builds op-node, of the version that test/p2pref/go.mod pins, from the Go module proxy.
#
# The module lacks a file that its authors generate: the registry of chains. op-geth's module has one of the same form. The
# tests bring their own chain and read nothing of it, but op-node does not start without.
set -euo pipefail
out=$(realpath -m "$1")
cd "$(dirname "$0")/../p2pref"

source=$out.src
rm -rf "$source"
mkdir -p "$source"
go mod download github.com/ethereum-optimism/optimism github.com/ethereum/go-ethereum
cp -r "$(go list -m -f '{{.Dir}}' github.com/ethereum-optimism/optimism)/." "$source"
chmod -R u+w "$source"
cp "$(go list -m -f '{{.Dir}}' github.com/ethereum/go-ethereum)/superchain/superchain-configs.zip" "$source/op-core/superchain/"
(cd "$source/op-core/superchain" && sha256sum superchain-configs.zip >superchain-configs.zip.sha256)

# Dependencies of the program that the tests of p2pref do not have are added to a copy of its go.mod.
cp go.mod "$out.mod"
cp go.sum "$out.sum"
go mod edit -replace "github.com/ethereum-optimism/optimism=$source" "$out.mod"
go build -mod=mod -modfile="$out.mod" -o "$out" github.com/ethereum-optimism/optimism/op-node/cmd
rm -rf "$source"
