#!/usr/bin/env bash
# The figures of a following node (docs/performance.md): the harness' bench case of 2,000 L1 and 12,000 L2 blocks, its engine
# answering at once. Then the time from a start after kill -9 to the first newly derived block: warm, with the data directory
# as the killed node left it, and cold, without.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

if [ ! -d ../shared/harness ]; then
  echo "skipped: ../shared/harness is not here"
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r ../shared/harness "$work/harness"
cd "$work/harness"
go build -o "$work/run" ./cmd/harness

cat > "$work/cold.sh" <<'END'
#!/bin/sh
rm -rf "$DATADIR"/l1 "$DATADIR"/safedb
exec "$START"
END
chmod +x "$work/cold.sh"
export CAIRN="$root/bin/cairn" START="$root/test/harness/start-cairn.sh" LOG_LEVEL=info

for n in 1 2 3; do
  "$work/run" run --case bench -v --node-cmd "$START" --work "$work/bench-$n" > "$work/out" 2>&1 || { cat "$work/out"; exit 1; }
  grep -E 'RESULT' "$work/out" | grep -oE '(wall|l2_per_s|node_cpu|mock_cpu|peak_rss)=[^ ]*' | tr '\n' ' '
  echo
done
grep -E '^(l1|beacon|engine) calls' "$work/out"
grep '^l1 calls' "$work/out" | grep -oE '=[0-9]+' | tr -d = | awk '{n += $1} END {printf "L1 requests per L1 block in catch-up, ten looks at the head per second included: %.2f\n", n / 2003}'

# The first line that says "derived" after each start but the first, in seconds after "node runs".
first_blocks() {
  python3 - "$1" <<'END'
import re, sys
from datetime import datetime
starts, at, found = 0, None, []
for line in open(sys.argv[1]):
    m = re.match(r'time=(\S+) level=\S+ msg="?([^"=]*)', line)
    if not m:
        continue
    t, msg = datetime.fromisoformat(m[1].replace('Z', '+00:00')), m[2]
    if msg.startswith('node runs'):
        starts, at = starts + 1, t
    elif msg.startswith('derived') and at:
        if starts > 1:
            found.append('%.2f s' % (t - at).total_seconds())
        at = None
print(', '.join(found))
END
}
export LOG_LEVEL=debug
for kind in warm cold; do
  start=$START
  [ $kind = cold ] && start=$work/cold.sh
  "$work/run" run --case bench --mode restart -safedb=false --node-cmd "$start" --work "$work/$kind" > "$work/out" 2>&1 || { cat "$work/out"; exit 1; }
  echo "first newly derived block after kill -9, $kind: $(first_blocks "$work/$kind/node.log")"
done
