#!/bin/bash
# core.sh BUILD: run inside a booted Debian, as root. The core of the suite on
# that kernel: what doctor says of it, for root and with the service's four
# capabilities alone, then sensors, probes and recording. Ends with a line for
# each program, and the number of those that failed.
set -u
build=$1
here=$(dirname "$0")
limit=${PROGRAM_LIMIT:-1500}
failures=0 summary=""
result() {  # result WHAT CODE
  [ "$2" -eq 0 ] || failures=$((failures + 1))
  summary+="$1: $([ "$2" -eq 0 ] && echo ok || echo "exit $2")"$'\n'
}
run() {  # run PROGRAM FILTER
  local counts code
  echo "== $1 $2"
  timeout "$limit" "$build/tests/$1" --gtest_filter="$2" >/tmp/out 2>&1
  code=$?
  grep -E 'FAILED|SKIPPED|attachments,|execs in|holds back|Failure$|Which is|Expected|Actual|actual|^  [A-Za-z0-9"]' \
    /tmp/out | grep -vE '^\[ +(SKIPPED|FAILED) +\] [0-9]+ test' | sort -u |
    cut -c1-200 | head -60
  counts=$(grep -E '^\[ +(PASSED|SKIPPED|FAILED) +\] [0-9]+ test' /tmp/out |
    tr -d '[]' | tr -s ' \n' ' ')
  # What takes its time there.
  sed -n 's/^\[ *\(OK\|FAILED\) *\] \(.*\) (\([0-9]\{5,\}\) ms)$/\3 ms \2/p' \
    /tmp/out | sort -rn | head -12
  result "$1 $(date -ud "@$SECONDS" +%M:%S)$counts" $code
}
uname -sr
echo "== what works and what degrades, as doctor says it: root"
"$build/cli/tidemark" doctor
echo "== doctor, root: each probe by its name"
"$here/check_doctor.py" "$build/cli/tidemark" "probe process_scan" \
  "probe process_life" "probe heap" "probe growth" "probe handles" \
  "probe on_cpu" "probe run_queue" "probe block_io" "probe reclaim" \
  "probe tcp_retransmit" "collector process_scan" "collector process_exact"
result "doctor" $?
echo "== doctor, nobody with four capabilities"
four=+bpf,+perfmon,+sys_ptrace,+dac_read_search
as_nobody() {  # as_nobody COMMAND...: with four capabilities and no other
  setpriv --reuid=nobody --regid=nogroup --clear-groups \
    --inh-caps=-all,$four --ambient-caps=-all,$four \
    --bounding-set=-all,$four "$@"
}
as_nobody "$build/cli/tidemark" doctor
as_nobody "$here/check_doctor.py" "$build/cli/tidemark" "probe process_scan" \
  "probe process_life" "probe growth" "probe handles" "probe run_queue" \
  "probe block_io" "probe reclaim" "probe tcp_retransmit" \
  "collector process_scan" "collector process_exact"
result "doctor with four capabilities" $?
echo "== a recording"
cd /tmp || exit 1
"$build"/cli/tidemark record -o core.tmk --interval 200ms -- sleep 3
result "record" $?
"$build"/cli/tidemark verify core.tmk
result "verify" $?
run unit_os_tests '*'
run unit_daemon_tests '*'
# Without what reads the source tree: fixtures, the reader in Python.
run unit_store_tests '-Fixture*:*Truncation*:*Mutat*:*SecondReader*'
# Without what wants heaptrack. A thousand attachments of the throwing target are
# for a machine that is not emulated: ATTACHMENTS here.
export TIDEMARK_ATTACHMENTS=${ATTACHMENTS:-50}
run bpf_tests "${BPF:--*AsHeaptrack*}"
echo "== summary, $(uname -sr)"
printf '%s' "$summary"
echo "$failures failures"
exit $((failures > 0))
