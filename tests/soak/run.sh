#!/bin/bash
# The daemon under short-lived processes for MINUTES, at 10 Hz and with
# rotation, recorded and judged by a second recorder: what it keeps of a process
# that ended is a leak per fork. Prints the verdict; its exit code is ours.
#
#   tests/soak/run.sh [BUILD] [MINUTES] [FORKS A SECOND]
#
# SOAK_DIR: where it works. SOAK_ROTATE: the size of a part of the daemon's
# recording; its memory grows with each part and falls with the next one, so that
# several of them go into a cycle. SOAK_HEAP=1: the daemon's own allocations are
# followed by the heap shim, so that the verdict names the lines that keep them.
set -u
build=$(realpath "${1:-build/release}") minutes=${2:-120} rate=${3:-50}
here=$(cd "$(dirname "$0")" && pwd)
work=${SOAK_DIR:-$(mktemp -d /tmp/tidemark-soak-XXXXXX)}
mkdir -p "$work/state"
cd "$work" || exit 1
# What is built anew meanwhile must not be under them.
strip -o tidemark "$build/cli/tidemark"
cp "$here/drive.py" .
daemon_environment=() heap=off
if [ -n "${SOAK_HEAP:-}" ]; then
  heap=auto
  cp "$build/daemon/tidemarkd" .
  cp "$build"/client/libtidemark-heap.so.0 .
  daemon_environment=("LD_PRELOAD=$work/libtidemark-heap.so.0"
    "TIDEMARK_SOCKET=$work/judge.sock" TIDEMARK_HEAP_PERIOD=4096)
else
  strip -o tidemarkd "$build/daemon/tidemarkd"
fi

env "${daemon_environment[@]}" nice -n 10 ./tidemarkd \
  --state-dir state --socket "$work/daemon.sock" \
  --interval 100ms --budget 10% --rotate-size "${SOAK_ROTATE:-1MiB}" --keep-free 0B \
  --watch 'cmdline:*drive.py*' > tidemarkd.log 2>&1 &
daemon=$!
echo "$daemon" > tidemarkd.pid
sleep 2
nice -n 10 ./tidemark record -o judge.tmk --interval 1s --heap "$heap" \
  --watch "pid:$daemon" --role "daemon=pid:$daemon" \
  --socket "$work/judge.sock" > judge.log 2>&1 &
judge=$!
echo "$judge" > judge.pid
sleep 2

# A warm-up, then cycles of 9 parts load and 1 part rest: at least 12 of them.
cycles=$((minutes >= 60 ? 16 : 13))
seconds=$((minutes * 60 / (cycles + 1)))
nice -n 10 python3 drive.py ./tidemark "$rate" "$seconds" "$cycles" \
  $((seconds * 9 / 10)) $((seconds - seconds * 9 / 10)) \
  daemon.sock judge.sock 2>&1 | tee drive.log
grep -E 'VmHWM|VmRSS' "/proc/$daemon/status"
kill -TERM "$judge" && wait "$judge"
kill -TERM "$daemon" && wait "$daemon"
echo "the daemon's exit code: $?"
./tidemark report judge.tmk
code=$?
echo "kept in $work"
exit "$code"
