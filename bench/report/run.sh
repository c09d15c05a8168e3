#!/bin/sh
# Time and memory of the report of an 8 h, 1 Hz, 1,000-process recording.
# Bars: text 2 s, html 3 s and 2 MB, each 300 MiB.
set -eu
build=${1:-build/release}
exec "$build/bench/bench_report" "$build/cli/tidemark"
