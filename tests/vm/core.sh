#!/bin/bash
# core.sh BUILD SOURCE: run inside a booted Debian, as root. The core of the suite on
# that kernel: what doctor says of it, then sensors, probes and recording.
# Ends with the number of programs that failed.
set -u
build=$1
limit=${LIMIT:-240}
failures=0
uname -sr
echo "== doctor"
"$build"/cli/tidemark doctor
echo "== a recording"
cd /tmp || exit 1
"$build"/cli/tidemark record -o core.tmk --interval 200ms -- sleep 3 ||
  failures=$((failures + 1))
"$build"/cli/tidemark verify core.tmk || failures=$((failures + 1))
run() {  # run PROGRAM FILTER
  echo "== $1 $2"
  timeout "$limit" "$build/tests/$1" --gtest_brief=1 --gtest_filter="$2"
  local code=$?
  [ $code -eq 0 ] && return
  echo "exit $code"
  failures=$((failures + 1))
}
run unit_os_tests '*'
run unit_store_tests '-Fixture*:*Truncation*:*Mutat*:SecondReader*'
run unit_daemon_tests '*'
run bpf_tests '-*Ring*:*TenThousand*:*10000*:*Soak*'
echo "$failures failures"
exit $((failures > 0))
