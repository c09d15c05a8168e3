#!/bin/sh
# Bytes per hour of a recording beside atop's raw log: both take 1 Hz of the
# same mostly idle host at the same time. The host is filled up to 380
# processes: nine of ten sleep, the tenth wakes every three seconds.
#
#   bench/recording/run.sh build/release [processes 380]
#
# Counted is what both files grow by in the five minutes of one whole chapter,
# after half a minute of beginning. Other work on the host shows in both. Run
# it in a pid namespace of its own to leave other processes out:
#   unshare --pid --fork --mount-proc --kill-child bench/recording/run.sh ...
set -eu
build=$1
processes=${2:-380}
begin=30
seconds=300
folder=$(mktemp -d)
children=''
finish() {
  for child in $children; do kill "$child" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

count() { find /proc -maxdepth 1 -name '[0-9]*' 2>/dev/null | wc -l; }
created() { awk '/^processes/ {print $2}' /proc/stat; }
size() { stat -c %s "$1" 2>/dev/null || echo 0; }

i=0
while [ "$(($(count) + 3))" -le "$processes" ]; do
  i=$((i + 1))
  if [ $((i % 10)) -eq 0 ]; then
    perl -e 'select(undef, undef, undef, 3) while 1' &
  else
    sleep 100000 &
  fi
  children="$children $!"
done

run="$folder/run.tmk"
raw="$folder/atop.raw"
command -v atop >/dev/null || echo "atop is not installed: no peer"
total=$((begin + seconds + 5))
if command -v atop >/dev/null; then
  atop -w "$raw" 1 "$total" &
fi
"$build/cli/tidemark" record --quiet -o "$run" --for "${total}s" &
sleep "$begin"
run_before=$(size "$run") raw_before=$(size "$raw") before=$(created)
sleep "$seconds"
run_grown=$(($(size "$run") - run_before))
raw_grown=$(($(size "$raw") - raw_before))
made=$((($(created) - before) / seconds))
alive=$(count)

echo "$alive processes at 1 Hz; other work created $made a second"
show() {
  awk -v name="$1" -v size="$2" -v seconds="$seconds" 'BEGIN {
    printf "%-9s %8.0f B/tick  %7.2f MB/hour  %8.1f MB/day\n", name,
      size / seconds, size / seconds * 3600 / 1e6,
      size / seconds * 86400 / 1e6 }'
}
show tidemark "$run_grown"
if [ "$raw_grown" -gt 0 ]; then
  show 'atop -w' "$raw_grown"
  awk -v a="$run_grown" -v b="$raw_grown" \
    'BEGIN { printf "ratio     1/%.1f\n", b / a }'
fi
sleep 6
[ -z "${KEEP:-}" ] || cp "$run" "$KEEP"
