#!/bin/bash
# Programs with a test or a benchmark of their own, alone and under the heap
# shim: whether they come to the same end, and how fast.
#
#   tests/heap/compatibility.sh [BUILD [PERIOD...]]     default build/release
#
# PERIOD: bytes between two samples; default 65536 and 1, every block.
set -u
build=$(realpath "${1:-build/release}")
source=$(realpath "$(dirname "$0")/../..")
[ $# -gt 0 ] && shift
periods=("$@")
[ $# -gt 0 ] || periods=(65536 1)
work=$(mktemp -d /tmp/tidemark-compat-XXXXXX)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT
failed=0

# under PERIOD COMMAND...: 0 = alone.
under() {
  local period=$1; shift
  if [ "$period" = 0 ]; then "$@"; return; fi
  rm -f "$work/run.tmk"
  "$build/cli/tidemark" record -q -o "$work/run.tmk" --heap=shim \
    --heap-sample="$([ "$period" = 1 ] && echo exact || echo "${period}B")" \
    -- "$@"
}

name() { case $1 in 0) echo alone;; 1) echo "shim, every block";; *) echo "shim, one in $1 B";; esac; }

# said NAME PERIOD OK FIGURE
said() {
  printf '%-8s %-34s %-22s %s\n' "$3" "$1" "$(name "$2")" "$4"
  [ "$3" = ok ] || failed=1
}

# How many call stacks the last recording has.
sites() {
  [ "$1" = 0 ] && return
  "$build/cli/tidemark" report "$work/run.tmk" -f folded --what allocated |
    wc -l | sed 's/$/ stacks/'
}

run_boost() {
  local out
  out=$(under "$1" "$work/boost_heavy" 20 2>"$work/err"); local code=$?
  [ "$1" = 0 ] && boost=$out
  [ $code -lt 30 ] && [ "$out" = "$boost" ] && said "Boost program" "$1" ok "$out $(sites "$1")" ||
    said "Boost program" "$1" FAILED "exit $code: $out, not $boost"
}

run_oddities() {
  local out
  out=$(under "$1" env TIDEMARK_PLUGIN="$work/plugin.so" "$work/oddities" 2>&1)
  [ "$(grep -c '^ok: ' <<<"$out")" = 11 ] && said "forks, fibers, plugins, ..." "$1" ok "11 of 11 $(sites "$1")" ||
    said "forks, fibers, plugins, ..." "$1" FAILED "$out"
}

run_preloaded() {
  local library=$1 period=$2 out
  out=$(LD_PRELOAD=$library under "$period" "$work/boost_heavy" 5 2>&1)
  [ "$period" = 0 ] && preloaded=$out
  [ "$out" = "$preloaded" ] && said "$(basename "$library")" "$period" ok "$(sites "$period")" ||
    said "$(basename "$library")" "$period" FAILED "$out"
}

python_tests="test_json test_dict test_list test_set test_zlib test_sqlite3 test_fork1 test_mmap test_re test_decimal test_pickle test_collections"
run_python() {
  local out
  out=$(under "$1" python3 -m test -j0 $python_tests 2>&1); out=$(grep -E "^(All|Total|Result|Tests result|[0-9]+ tests? (OK|failed))" <<<"$out" | tr '\n' ' ')
  [ "$1" = 0 ] && python_alone=$out
  [ "${out%%Total*}" = "${python_alone%%Total*}" ] && said "python3 -m test (12)" "$1" ok "$out" ||
    said "python3 -m test (12)" "$1" FAILED "$out, alone $python_alone"
}

run_redis() {
  local out
  cat > "$work/redis.sh" <<'SH'
redis-server --port 0 --unixsocket "$1/redis.sock" --save "" --appendonly no > "$1/redis.log" 2>&1 &
server=$!
for i in $(seq 100); do redis-cli -s "$1/redis.sock" ping >/dev/null 2>&1 && break; sleep 0.05; done
redis-benchmark -s "$1/redis.sock" -q -n 100000 -r 100000 -P 16 -t set,get,lpush,lrange_100,hset,zadd --csv
redis-cli -s "$1/redis.sock" dbsize
redis-cli -s "$1/redis.sock" shutdown nosave
wait $server; echo "server $?"
SH
  out=$(under "$1" bash "$work/redis.sh" "$work" 2>/dev/null)
  grep -q "^server 0$" <<<"$out" &&
    said "redis-benchmark" "$1" ok "SET, GET $(sed -n 's/"\(SET\|GET\)","\([0-9]*\).*/\2/p' <<<"$out" | tr '\n' ' ')/s $(sites "$1")" ||
    said "redis-benchmark" "$1" FAILED "$out"
}

run_postgres() {
  local bin out
  bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
  rm -rf "$work/pg"; mkdir "$work/pg"; chown postgres "$work/pg"
  cat > "$work/pg.sh" <<'SH'
bin=$1; data=$2/data
$bin/initdb -D $data -A trust >/dev/null || exit 1
$bin/pg_ctl -D $data -w -o "-c listen_addresses= -k $2 -c fsync=off" -l $2/log start >/dev/null || exit 2
$bin/pgbench -h $2 -i -s 2 -q postgres >/dev/null 2>&1 || exit 3
$bin/pgbench -h $2 -c 4 -j 2 -T 5 postgres 2>&1 | grep -E "tps|failed"
$bin/pg_ctl -D $data -w -m fast stop >/dev/null; echo "stopped $?"
grep -E "PANIC|terminated by signal|FATAL" $2/log
grep -cE "PANIC|terminated by signal|FATAL" $2/log || true
SH
  chmod 755 "$work/pg.sh"
  out=$(under "$1" su postgres -s /bin/bash -c "bash $work/pg.sh $bin $work/pg" 2>/dev/null)
  grep -q "stopped 0" <<<"$out" && [ "$(tail -1 <<<"$out")" = 0 ] &&
    said "pgbench" "$1" ok "$(grep tps <<<"$out" | sed 's/ (.*//') $(sites "$1")" ||
    said "pgbench" "$1" FAILED "$out"
}

g++ -O2 -w -std=c++17 -o "$work/boost_heavy" "$source/tests/heap/boost_heavy.cpp" -lpthread || exit 1
g++ -O1 -std=c++20 -fno-builtin -o "$work/oddities" "$source/tests/heap/oddities.cpp" -ldl -lpthread || exit 1
gcc -shared -fPIC -o "$work/plugin.so" "$source/tests/bpf/heap_plugin.c" || exit 1

for period in 0 "${periods[@]}"; do
  run_boost "$period"
  run_oddities "$period"
  command -v redis-server >/dev/null && run_redis "$period" || echo "skipped: no redis-server"
  [ -d /usr/lib/postgresql ] && run_postgres "$period" || echo "skipped: no postgresql"
  python3 -c 'import test.libregrtest' 2>/dev/null && run_python "$period" || echo "skipped: no libpython3.11-testsuite"
done
for library in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2.0; do
  path=/usr/lib/x86_64-linux-gnu/$library
  [ -e "$path" ] || { echo "skipped: no $library"; continue; }
  for period in 0 "${periods[@]}"; do run_preloaded "$path" "$period"; done
done
exit $failed
