#!/usr/bin/env bash
# Cairn against anvil as L1. Needs Go, and Node.js on Linux (x64): the other binaries are packages of their own. Arguments go to go test.
set -euo pipefail
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
(cd ../.. && go build -o "$bin/cairn" ./cmd/cairn)
npm ci --silent
CAIRN=$bin/cairn ANVIL=$PWD/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil go test -count=1 -timeout 170s -v . "$@"
