#!/usr/bin/env bash
# The main job on real programs: records a redis-server under redis-benchmark
# and an instrumented HTTP server (client/examples/shop_server) under wrk, both
# in one recording, through a warm-up and repeated load / cool-down cycles, and
# prints the verdict. Allocations are traced from the start, whatever that costs
# the servers: both are flooded with requests, and the budget of a real load
# test would refuse.
#
# usage: run.sh [--build DIR] [--leak BYTES] [--cycles N] [--load S]
#               [--cooldown S] [--output FILE]
#
#   --leak BYTES   what shop_server leaks per checkout; 0 turns the leak off
#                  (default 256)
#   --cycles N     load / cool-down cycles (default 14; 12 are needed to
#                  confirm a leak)
#
# Exit status: 0 when the verdict is the expected one (a leak confirmed with
# the leak on, none with it off), else that of `tidemark record`, or 1.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
build=build/release leak=256 cycles=14 load=6 cooldown=3 output=""
while [ $# -gt 0 ]; do
  case $1 in
    --build) build=$2; shift 2 ;;
    --leak) leak=$2; shift 2 ;;
    --cycles) cycles=$2; shift 2 ;;
    --load) load=$2; shift 2 ;;
    --cooldown) cooldown=$2; shift 2 ;;
    --output) output=$2; shift 2 ;;
    -h | --help) sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" | sed '$d'; exit 0 ;;
    *) echo "run.sh: unknown option: $1; see --help" >&2; exit 64 ;;
  esac
done

tidemark=$(readlink -f "$build/cli/tidemark")
shop_server=$(readlink -f "$build/examples/shop_server")
for tool in redis-server redis-benchmark redis-cli wrk; do
  command -v "$tool" >/dev/null ||
    { echo "run.sh: $tool is missing: apt-get install redis-server redis-tools wrk" >&2; exit 64; }
done

work=$(mktemp -d "${TMPDIR:-/tmp}/tidemark-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
: "${output:=demo-$(date +%Y%m%d-%H%M%S).tmk}"

seconds=$((8 + cycles * (load + cooldown)))
cat <<EOF
Recording redis-server under redis-benchmark and shop_server under wrk:
a warm-up and $cycles cycles of ${load} s load and ${cooldown} s cool-down, about $((seconds / 60)) min $((seconds % 60)) s.
shop_server leaks $leak bytes per checkout.

EOF

status=0
DEMO_WORK=$work DEMO_SHOP=$shop_server DEMO_TIDEMARK=$tidemark \
  DEMO_LEAK=$leak DEMO_CYCLES=$cycles DEMO_LOAD=$load DEMO_COOLDOWN=$cooldown \
  "$tidemark" record -o "$output" --heap=probes --heap-budget=90% \
  --role shop=comm:shop_server --role redis=comm:redis-server \
  --role loadgen=comm:wrk --role loadgen=comm:redis-benchmark \
  -- "$here/workload.sh" || status=$?

echo
echo "recording: $output   (tidemark report $output; tidemark top $output)"
if [ "$leak" -gt 0 ]; then expected=22; else expected=0; fi
if [ "$status" -eq "$expected" ]; then
  echo "tidemark record exited with $status, as it should with a leak of $leak bytes per checkout."
  exit 0
fi
echo "tidemark record exited with $status; $expected was expected." >&2
exit "$((status == 0 ? 1 : status))"
