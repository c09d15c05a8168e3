#!/bin/sh
# Bytes per hour of a recording beside atop's raw log: both take 1 Hz of the
# same mostly idle host at the same time. The host is filled up to 380
# processes: nine of ten sleep, the tenth wakes every three seconds.
#
#   bench/recording/run.sh build/release [seconds 120] [processes 380]
#
# Other work on the host shows in both; the churn is printed beside.
set -eu
build=$1
seconds=${2:-120}
processes=${3:-380}
folder=$(mktemp -d)
children=''
finish() {
  for child in $children; do kill "$child" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

count() { find /proc -maxdepth 1 -name '[0-9]*' | wc -l; }
i=0
while [ "$(($(count) + 3))" -le "$processes" ]; do
  i=$((i + 1))
  if [ $((i % 10)) -eq 0 ]; then
    vmstat 3 >/dev/null &
  else
    sleep 100000 &
  fi
  children="$children $!"
done

created() { awk '/^processes/ {print $2}' /proc/stat; }
before=$(created)
if command -v atop >/dev/null; then
  atop -w "$folder/atop.raw" 1 "$seconds" &
  peer=$!
fi
"$build/cli/tidemark" record --quiet -o "$folder/run.tmk" --for "${seconds}s"
[ -z "${peer:-}" ] || wait "$peer"
after=$(created)

echo "$(count) processes, $seconds s at 1 Hz," \
  "$(((after - before) / seconds)) created per second by other work"
per_hour() {
  size=$(stat -c %s "$1")
  awk -v name="$2" -v size="$size" -v seconds="$seconds" 'BEGIN {
    printf "%-9s %8.0f B/tick  %7.2f MB/hour  %8.1f MB/day\n", name,
      size / seconds, size / seconds * 3600 / 1e6,
      size / seconds * 86400 / 1e6 }'
}
per_hour "$folder/run.tmk" tidemark
if [ -n "${peer:-}" ]; then
  per_hour "$folder/atop.raw" 'atop -w'
  awk -v a="$(stat -c %s "$folder/run.tmk")" \
    -v b="$(stat -c %s "$folder/atop.raw")" \
    'BEGIN { printf "ratio     1/%.1f\n", b / a }'
else
  echo "atop is not installed: no peer"
fi
[ -z "${KEEP:-}" ] || cp "$folder/run.tmk" "$KEEP"
