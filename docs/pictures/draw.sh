#!/bin/sh
# Draws the pictures of `tidemark top` again, as text and as SVG, and those of
# the report.
#
# usage: docs/pictures/draw.sh RECORDING [BUILD]
#
# RECORDING: what `make demo` wrote; the pictures stand at its middle.
set -eu
recording=$1 build=${2:-build/release}
here=$(dirname "$(readlink -f "$0")")
export LC_ALL=C.UTF-8
for view in overview leaks host; do
  for as in "--once" "--export-svg $here/top-$view.svg"; do
    # shellcheck disable=SC2086  # an option and its value
    "$build/cli/tidemark" top "$recording" --view "$view" --at 60% \
      --size 110x34 $as
  done >"$here/top-$view.txt"
done
"$here/report.py" "$recording" "$build"
