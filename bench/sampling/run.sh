#!/bin/sh
# CPU of one look at all processes, beside peers; then the whole of
# `tidemark record` at 1 Hz with 1,000 and 10,000 processes.
set -e
build=${1:-build/release}
"$build/bench/bench_sampling" 1000
echo
"$build/bench/bench_record_cost" "$build/cli/tidemark" 1000
"$build/bench/bench_record_cost" "$build/cli/tidemark" 10000
