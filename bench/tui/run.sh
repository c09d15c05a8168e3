#!/bin/sh
# CPU and output of `tidemark top` at 1 Hz beside htop and atop, with 1,000 and
# 10,000 processes; first paint and seeks of an 8 h, 1,000-process recording.
# Bars: the CPU of htop; 300 ms; 100 ms for 99 of 100 seeks.
set -e
build=${1:-build/release}
"$build/bench/bench_tui" "$build/cli/tidemark" 1000
"$build/bench/bench_tui" "$build/cli/tidemark" 10000
"$build/bench/bench_tui" "$build/cli/tidemark" seek
