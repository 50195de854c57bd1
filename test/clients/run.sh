#!/usr/bin/env bash
# Unmodified real clients against a devnet. Needs Go and Node.js.
set -euo pipefail
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
(cd ../.. && go build -o "$bin/cairn" ./cmd/cairn)
npm ci --silent
node viem.mjs "$bin/cairn"
