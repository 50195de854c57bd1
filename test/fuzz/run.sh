#!/usr/bin/env bash
# run.sh PARSERS REST: every fuzz target of the module, those of the parsers for PARSERS, all others for REST. Both are
# times or counts as go test -fuzztime takes them: 60s, 1000x. Two targets run side by side, each with one worker.
#
# A time limit that hits a running input makes go test fail with nothing but "context deadline exceeded"
# (https://go.dev/issue/48591). Only a run that says that, and not one word of anything else, counts as passed. What fails is
# shown in full; the input it failed with is in the package's testdata/fuzz, and go test runs it from then on.
set -euo pipefail
cd "$(dirname "$0")/../.."

# Whoever reads what L1 or an operator gives us.
parsers='
./attributes FuzzConfigLogs
./attributes FuzzDepositLogs
./attributes FuzzParseL1Info
./batch FuzzDecode
./batch FuzzSpan
./batch FuzzSpanTx
./channel FuzzDecodeBlob
./channel FuzzDecoder
./channel FuzzParseFrames
./rollup FuzzRollupJSON
'

# targets lists package and target of every fuzz target of the module.
targets() {
  grep -rE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9]+\(' . |
    sed -E 's|^(.*)/[^/]+:func (Fuzz[A-Za-z0-9]+)\(.*|\1 \2|' | sort
}

# clean says whether a failed run failed for the time limit alone.
clean() {
  grep -q '^ *context deadline exceeded$' <<<"$1" &&
    ! grep -qvE '^$|^fuzz: elapsed: |^--- FAIL: Fuzz[A-Za-z0-9]+ \([0-9.]+s\)$|^ *context deadline exceeded$|^FAIL$|^exit status 1$|^FAIL\s\S+\s[0-9.]+s$' <<<"$1"
}

# one runs one target and says in one line how it went.
one() {
  local time=$1 pkg=$2 target=$3 out status=0 note=''
  out=$(go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 100x -parallel 1 "$pkg" 2>&1) || status=$?
  if [ "$status" -ne 0 ] && clean "$out"; then
    status=0 note=' (an input was running when the time was over)'
  fi
  if [ "$status" -ne 0 ] || ! grep -q '^fuzz: elapsed: ' <<<"$out"; then
    printf 'FAIL %s %s\n%s\n' "$pkg" "$target" "$out"
    return 1
  fi
  printf 'ok %s %s, %s%s\n' "$pkg" "$target" "$(grep '^fuzz: elapsed' <<<"$out" | tail -1 | sed 's/^fuzz: //')" "$note"
}

if [ "${1:-}" = one ]; then
  shift
  one "$@"
  exit
fi

all=$(targets)
missing=$(comm -13 <(printf '%s\n' "$all") <(sed '/^$/d' <<<"$parsers" | sort))
if [ -n "$missing" ]; then
  printf 'no such fuzz target:\n%s\n' "$missing"
  exit 1
fi
# The long ones first, so that both lanes end together.
{
  sed "/^\$/d; s/^/$1 /" <<<"$parsers"
  comm -23 <(printf '%s\n' "$all") <(sed '/^$/d' <<<"$parsers" | sort) | sed "s/^/$2 /"
} | xargs -P 2 -L 1 "$0" one
