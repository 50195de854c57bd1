#!/usr/bin/env bash
# Runs the black-box harness of the project's shared facts against bin/cairn: every case but the long benchmark, and some in
# all modes: one with all forks on the way, two with all from the start. CASES names others: CASES="bench:plain seed-2:restart".
set -euo pipefail
cd "$(dirname "$0")/../.."

harness=../shared/harness
if [ ! -d "$harness" ]; then
  echo "skipped: $harness is not here"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$harness" "$work/harness" # it is built where it lies, and that is not ours to write to
(cd "$work/harness" && go build -o "$work/run" ./cmd/harness)

every_mode="plain restart l1reorg consolidate unsafe-reorg"
cases=${CASES:-$(
  for case in upgrades seed-{2,3,4,5} fork-fjord-13 fork-holocene-12 karst-upgrades karst-1 karst-strip-1 bench-small \
    scene-{channel-timeout-edge,reject-payload,seq-window-edge,span-overlap,zip-bomb}-1; do echo "$case:plain"; done
  for case in seed-1 fork-jovian-11 karst-genesis-1; do for mode in $every_mode; do echo "$case:$mode"; done; done
)}
failed=0
for entry in $cases; do
  case=${entry%%:*} mode=${entry##*:}
  if ! (cd "$work/harness" && CAIRN="$OLDPWD/bin/cairn" "$work/run" run --case "$case" --mode "$mode" \
    --node-cmd "$OLDPWD/test/harness/start-cairn.sh" --work "$work/$case-$mode") > "$work/out" 2>&1; then
    failed=1
    grep FAIL "$work/out" || tail -n 20 "$work/out"
  fi
  grep RESULT "$work/out" || true
done
exit $failed
