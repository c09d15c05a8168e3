#!/usr/bin/env bash
# The load of tests/demo/run.sh, run under `tidemark record`: starts the two
# servers, drives them phase by phase, marks the phases, and ends the servers.
set -euo pipefail

redis_socket=$DEMO_WORK/redis.sock
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait "${pids[@]}" 2>/dev/null || true
}
trap finish EXIT

phase() { "$DEMO_TIDEMARK" phase "$@"; }

redis-server --port 0 --unixsocket "$redis_socket" --save '' --appendonly no \
  --daemonize no --dir "$DEMO_WORK" >"$DEMO_WORK/redis.log" &
pids+=($!)
"$DEMO_SHOP" --port 0 --threads 2 --leak "$DEMO_LEAK" >"$DEMO_WORK/shop.log" &
pids+=($!)

port=""
for _ in $(seq 100); do
  port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$DEMO_WORK/shop.log")
  if [ -n "$port" ] && redis-cli -s "$redis_socket" ping >/dev/null 2>&1; then
    break
  fi
  port=""
  sleep 0.1
done
if [ -z "$port" ]; then
  echo "the servers did not start:" >&2
  cat "$DEMO_WORK/shop.log" "$DEMO_WORK/redis.log" >&2
  exit 1
fi

cat >"$DEMO_WORK/shop.lua" <<'LUA'
-- Customers who look at products, fill the cart and check out.
local steps = {"/products?page=%d", "/product?id=%d", "/cart/add?product=%d",
               "/cart?x=%d", "/checkout?x=%d"}
local n = 0
request = function()
  local step = steps[n % #steps + 1]
  local customer = math.floor(n / #steps) % 1000
  n = n + 1
  return wrk.format("GET", string.format(step, n % 40) ..
                             "&customer=" .. customer)
end
LUA
drive() { # SECONDS  both servers under load
  wrk -t1 -c8 -d "${1}s" -s "$DEMO_WORK/shop.lua" "http://127.0.0.1:$port" \
    >>"$DEMO_WORK/wrk.log" &
  local wrk_pid=$!
  # A bounded keyspace: it fills in the warm-up and stays.
  timeout "$1" redis-benchmark -s "$redis_socket" -t set,get,incr \
    -r 20000 -d 100 -c 8 -n 40000 -l -q >/dev/null 2>&1 || true
  wait "$wrk_pid"
}

# Every key once, so that the keyspace does not grow under load.
redis-benchmark -s "$redis_socket" -t set -r 20000 -d 100 -n 200000 -P 16 -q \
  >/dev/null

"$DEMO_TIDEMARK" run begin demo
phase begin warmup --kind warmup
drive 6
phase end warmup
for _ in $(seq "$DEMO_CYCLES"); do
  phase begin load --kind load
  drive "$DEMO_LOAD"
  phase end load
  phase begin cooldown --kind cooldown
  sleep "$DEMO_COOLDOWN"
  phase end cooldown
done
"$DEMO_TIDEMARK" run end demo
