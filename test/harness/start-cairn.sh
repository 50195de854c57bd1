#!/bin/sh
# Starts a cairn node for the black-box harness, which says where everything is by environment variables. CAIRN names the
# binary. The harness' verdicts were recorded with op-node 1.17: see docs/adr/0010-as-op-node-1.17.md.
exec "${CAIRN:?path of a cairn binary}" node --override.as-op-node-1.17 \
  --l1="$L1_RPC" --l1.beacon="$L1_BEACON" --l1.http-poll-interval=100ms --l1.epoch-poll-interval=1s \
  --l2="$L2_ENGINE" --l2.jwt-secret="$JWT_FILE" --rollup.config="$ROLLUP_CONFIG" --datadir="$DATADIR" \
  --p2p.disable --rpc.addr=127.0.0.1 --rpc.port="$NODE_RPC_PORT" --log.level="${LOG_LEVEL:-info}" --log.format=logfmt
