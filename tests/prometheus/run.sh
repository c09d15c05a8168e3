#!/bin/bash
# run.sh BUILD [SECONDS]: a real Prometheus scrapes three daemons in three network
# namespaces, each with a load of its own; then its queries are held against
# what the recordings say. Needs root, prometheus, promtool, iproute2. Leaves
# nothing behind. SECONDS is 300 unless told.
set -eu
build=$(cd "$1" && pwd)
seconds=${2:-300}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
tag=tm$$
pids=()

finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  for name in p 1 2 3; do ip netns del "$tag$name" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

# A namespace for Prometheus, with a pair of interfaces to each host's.
ip netns add "${tag}p"
ip -n "${tag}p" link set lo up
for n in 1 2 3; do
  ip netns add "$tag$n"
  ip link add "v$n" netns "$tag$n" type veth peer name "p$n" netns "${tag}p"
  ip -n "$tag$n" addr add "10.77.$n.2/24" dev "v$n"
  ip -n "$tag$n" link set lo up
  ip -n "$tag$n" link set "v$n" up
  ip -n "${tag}p" addr add "10.77.$n.1/24" dev "p$n"
  ip -n "${tag}p" link set "p$n" up
done

# One daemon and one load in each: the second counts twice as fast, the third
# holds more memory with each operation.
for n in 1 2 3; do
  mkdir -p "$work/$n" "$work/run/$n"
  ip netns exec "$tag$n" "$build/daemon/tidemarkd" --state-dir "$work/$n" \
    --socket "$work/run/$n/client.sock" --metrics "10.77.$n.2:9435" --heap off \
    --role "web=cmdline:*$work/load.py $n *" 2>"$work/$n.log" &
  pids+=($!)
done
cp "$here/load.py" "$work/load.py"
sed -e '/targets:/d' "$root/docs/prometheus/scrape.yml" >"$work/prometheus.yml"
cat >>"$work/prometheus.yml" <<Y
      - targets: ["10.77.1.2:9435", "10.77.2.2:9435", "10.77.3.2:9435"]
rule_files: ["$root/docs/prometheus/tidemark.rules.yml"]
Y
sed -i 's/scrape_interval: 5s/scrape_interval: 1s/; s/scrape_timeout: 4s/scrape_timeout: 1s/' \
  "$work/prometheus.yml"
promtool check config --syntax-only "$work/prometheus.yml"
promtool check rules "$root/docs/prometheus/tidemark.rules.yml"
ip netns exec "${tag}p" prometheus --config.file="$work/prometheus.yml" \
  --storage.tsdb.path="$work/tsdb" --web.listen-address=127.0.0.1:9099 \
  --log.level=warn 2>"$work/prometheus.log" &
pids+=($!)
sleep 3
loads=()
for n in 1 2 3; do
  TIDEMARK_SOCKET="$work/run/$n/client.sock" python3 "$work/load.py" "$n" "$seconds" \
    "$build/cli/tidemark" &
  loads+=($!)
done
sleep $((seconds / 2))
# One that connects and says nothing: nobody else may notice.
ip netns exec "${tag}p" python3 -c '
import socket, time
held = [socket.create_connection(("10.77.1.2", 9435)) for _ in range(2)]
time.sleep(8)' &
pids+=($!)
for n in 1 2 3; do
  ip netns exec "${tag}p" curl -s "http://10.77.$n.2:9435/metrics" \
    >"$work/$n.metrics"
  promtool check metrics <"$work/$n.metrics"
done
wait "${loads[@]}"
# Leaks are judged at most every 30 s: once more after the end.
sleep 40
ip netns exec "${tag}p" /usr/bin/python3 "$here/compare.py" \
  http://127.0.0.1:9099 "$work" "$seconds" "$build/cli/tidemark"
