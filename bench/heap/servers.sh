#!/bin/bash
# What heap probes cost servers under load: throughput without them and with
# them, in turn, beside what the guard predicted and what was measured. Needs
# root; redis-server with redis-benchmark, and postgresql with pgbench where
# they are installed.
#
#   bench/heap/servers.sh [BUILD] [ROUNDS] [SECONDS]
set -u
build=${1:-build/release} rounds=${2:-3} seconds=${3:-8}
tidemark=$build/cli/tidemark
work=$(mktemp -d /tmp/tidemark-servers-XXXXXX)
port=$((20000 + $$ % 20000))
trap 'stop; rm -rf "$work"' EXIT
server=

stop() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  server=
}

# PID: traces it for the time of a load; the guard's words go to $work/said.
# With a budget that never ends it: the question is what it costs.
begin_trace() {
  "$tidemark" -v trace "$1" --for $((seconds + 2))s --budget 100000% \
    > "$work/sites" 2> "$work/said" &
  tracer=$!
  for _ in $(seq 100); do
    grep -q "would cost" "$work/said" && return
    sleep 0.1
  done
  echo "no trace of $1: $(cat "$work/said")" >&2
}
end_trace() { kill -INT "$tracer" 2>/dev/null; wait "$tracer"; }

# NAME PID RATE: operations a second over the next $seconds, by RATE. The load
# goes on all the while: the guard has to see calls to predict from.
measure() {
  local name=$1 pid=$2 rate=$3 round alone probed
  for round in $(seq "$rounds"); do
    alone=$($rate)
    begin_trace "$pid"
    probed=$($rate)
    end_trace
    printf '%-11s %9.0f %9.0f %+7.1f %%  %s; %s\n' "$name" "$alone" "$probed" \
      "$(echo "100 * ($probed / $alone - 1)" | bc -l)" \
      "$(grep -o '[0-9]* allocator calls.*CPU time' "$work/said" | head -1)" \
      "$(grep -o 'probes took.*' "$work/sites" | head -1) of $((seconds)) s"
  done
}

redis_calls() {
  redis-cli -p "$port" info stats | tr -d '\r' |
    sed -n 's/^total_commands_processed://p'
}
redis_rate() {
  local before=$(redis_calls)
  sleep "$seconds"
  echo $((($(redis_calls) - before) / seconds))
}
postgres_rate() {
  local before=$(wc -l < "$work/progress")
  sleep "$seconds"
  tail -n +$((before + 2)) "$work/progress" |
    sed -n 's/.* s, \([0-9.]*\) tps.*/\1/p' |
    awk '{ sum += $1 } END { print NR ? sum / NR : 0 }'
}

printf '%-11s %9s %9s %9s  %s\n' server alone probed change \
  'predicted by the guard; measured'
if command -v redis-server > /dev/null; then
  redis-server --port "$port" --save '' --appendonly no --dir "$work" \
    > /dev/null &
  server=$!
  sleep 1
  redis-benchmark -p "$port" -t set -n 1000000000 -d 64 -r 10000 -c 20 \
    > /dev/null 2>&1 &
  load=$!
  sleep 1
  measure redis "$server" redis_rate
  kill "$load"; wait "$load" 2>/dev/null
  stop
fi
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
if [ -n "$bin" ] && id postgres > /dev/null 2>&1; then
  chmod 755 "$work"
  install -d -o postgres "$work/pg"
  as() { su postgres -s /bin/sh -c "PATH=$bin:\$PATH; cd /; $*"; }
  as "initdb -D $work/pg/data -A trust" > /dev/null
  as "pg_ctl -D $work/pg/data -w -l $work/pg/log \
    -o '-p $port -k $work/pg -h \"\" -F' start" > /dev/null
  as "createdb -h $work/pg -p $port bench"
  as "pgbench -h $work/pg -p $port -q -i -s 5 bench" > /dev/null 2>&1
  as "exec pgbench -h $work/pg -p $port -n -S -c 1 -P 1 -T 100000 bench" \
    > /dev/null 2> "$work/progress" &
  load=$!
  sleep 3
  backend=$(as "psql -h $work/pg -p $port -tAc \"select pid from \
    pg_stat_activity where application_name = 'pgbench'\" bench")
  measure postgresql "$backend" postgres_rate
  as "pg_ctl -D $work/pg/data -m immediate stop" > /dev/null
  wait "$load" 2>/dev/null
fi
