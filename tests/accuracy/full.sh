#!/bin/sh
# The whole corpus: simulated shapes with many seeds, five seeds of each
# program under the heap shim and one under the probes, and the reports of
# those recordings by a second build (clang, unoptimised), to the byte.
#
#   tests/accuracy/full.sh [BUILD]
build=$(readlink -f "${1:-build/release}")
here=$(dirname "$(readlink -f "$0")")
kept=$(mktemp -d "${TMPDIR:-/tmp}/tidemark-accuracy.XXXXXX")
trap 'rm -rf "$kept"' EXIT
status=0
"$build/tests/accuracy/accuracy" || status=1
"$here/run.py" "$build" --seeds 5 || status=1
"$here/run.py" "$build" --heap probes --keep "$kept" || status=1
cd "$here/../.." || exit 1
cmake --preset clang > /dev/null &&
  cmake --build --preset clang --target tidemark > /dev/null || exit 1
TIDEMARK_BUILD=$build TIDEMARK_OTHER_BUILD=$PWD/build/clang \
  TIDEMARK_RECORDINGS=$kept PYTHONDONTWRITEBYTECODE=1 \
  PYTHONPATH=tests/tool:tests/report tests/report/same_bytes_test.py ||
  status=1
exit $status
