#!/bin/sh
# bench/mark with an LTTng session around it, when LTTng is installed, and the
# count of system calls between marks, when strace is.
#
#   bench/mark.sh build/release/bench/bench_mark
set -eu
bench=$1

run_under_lttng() {
  home=$(mktemp -d)
  export LTTNG_HOME="$home"
  lttng-sessiond --no-kernel --pidfile "$home/pid" >"$home/log" 2>&1 &
  daemon=$!
  trap 'kill $daemon 2>/dev/null || true; wait $daemon 2>/dev/null || true
        rm -rf "$home"' EXIT
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    lttng --no-sessiond list >/dev/null 2>&1 && break
    sleep 0.3
  done
  {
    lttng --no-sessiond create bench --output "$home/trace"
    lttng --no-sessiond enable-channel --userspace --subbuf-size 4M \
      --num-subbuf 8 fast
    lttng --no-sessiond enable-event --userspace --channel fast \
      'tidemark_bench:*'
    lttng --no-sessiond start
  } >/dev/null
  LTTNG_UST_REGISTER_TIMEOUT=-1 "$bench"
  lttng --no-sessiond destroy >/dev/null
}

if command -v lttng-sessiond >/dev/null; then
  run_under_lttng
else
  echo "no lttng-sessiond: the tracepoint, if built in, is not enabled"
  "$bench"
fi

if command -v strace >/dev/null; then
  trace=$(mktemp)
  strace -o "$trace" "$bench" --syscalls
  calls=$(awk '/^getppid/ {on = !on; next} on {n++} END {print n + 0}' "$trace")
  rm -f "$trace"
  echo "system calls during 900 marks, spans and counts: $calls"
  [ "$calls" = 0 ]
fi
