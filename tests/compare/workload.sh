#!/usr/bin/env bash
# The load of tests/compare/run.sh, under `tidemark record`: one shop_server,
# a warm-up and a load, marked.
set -euo pipefail

log=$(mktemp)
"$COMPARE_SHOP" --port 0 --threads 1 >"$log" &
server=$!
finish() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -f "$log"
}
trap finish EXIT

port=""
for _ in $(seq 100); do
  port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log")
  [ -z "$port" ] || break
  sleep 0.05
done
[ -n "$port" ] || { echo "shop_server did not start" >&2; exit 1; }

# One customer who takes a breath between pages: what a request costs is
# measured, not how many a busy machine can take.
drive() { # SECONDS
  python3 "$COMPARE_DRIVER" "$port" "$1"
}
"$COMPARE_TIDEMARK" run begin shop
"$COMPARE_TIDEMARK" phase begin warmup --kind warmup
drive 2
"$COMPARE_TIDEMARK" phase end warmup
"$COMPARE_TIDEMARK" phase begin load --kind load
drive "${COMPARE_SECONDS:-6}"
"$COMPARE_TIDEMARK" phase end load
"$COMPARE_TIDEMARK" run end shop
