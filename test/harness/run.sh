#!/usr/bin/env bash
# Runs the black-box harness of the project's shared facts against bin/cairn, two cases at a time: every case but the long
# benchmark, and those of four kinds in all five modes; with ALL=1 all of them in all modes, which takes three times as long.
# CASES names others: CASES="bench:plain seed-2:restart".
set -euo pipefail
cd "$(dirname "$0")/../.."

# one runs a case in a mode and gives its line of result.
one() {
  local case=${1%%:*} mode=${1##*:} status=0
  (cd "$WORK/harness" && CAIRN="$OLDPWD/bin/cairn" "$WORK/run" run --case "$case" --mode "$mode" \
    --node-cmd "$OLDPWD/test/harness/start-cairn.sh" --work "$WORK/$case-$mode") > "$WORK/$case-$mode.out" 2>&1 || status=1
  if [ $status -ne 0 ]; then
    grep FAIL "$WORK/$case-$mode.out" || tail -n 20 "$WORK/$case-$mode.out"
  fi
  grep RESULT "$WORK/$case-$mode.out" || true
  rm -rf "${WORK:?}/$case-$mode"
  return $status
}

if [ "${1:-}" = one ]; then
  one "$2"
  exit
fi

harness=../shared/harness
if [ ! -d "$harness" ]; then
  echo "skipped: $harness is not here"
  exit 0
fi
WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT
cp -r "$harness" "$WORK/harness" # it is built where it lies, and that is not ours to write to
(cd "$WORK/harness" && go build -o "$WORK/run" ./cmd/harness)

cases=${CASES:-$(
  for case in upgrades seed-{1,2,3,4,5} fork-{fjord-13,holocene-12,jovian-11} karst-{upgrades,1,strip-1,genesis-1} bench-small \
    scene-{channel-timeout-edge,reject-payload,seq-window-edge,span-overlap,zip-bomb}-1; do
    echo "$case:plain"
    case ${ALL:+all}$case in seed-1 | fork-jovian-11 | karst-genesis-1 | scene-reject-payload-1 | all*)
      for mode in restart l1reorg consolidate unsafe-reorg; do echo "$case:$mode"; done ;;
    esac
  done
)}
tr ' ' '\n' <<<"$cases" | xargs -P 2 -I CASE test/harness/run.sh one CASE
