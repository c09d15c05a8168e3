#!/bin/sh
# 50 gates over an 8 h, 1 Hz, 1,000-process recording. Bar: 3 s, 300 MiB.
build=${1:-build/release}
exec "$build/bench/bench_gates" "$build/cli/tidemark"
