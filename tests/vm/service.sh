#!/bin/bash
# service.sh DEBS TOOL: run inside a booted Debian, as root. Installs the
# packages in DEBS and holds the service against what it promises: least
# privilege, marks of plain users, restarts that lose nothing, the watchdog, a
# purge that leaves nothing. TOOL is tests/tool/tmk_reader.py. Prints what it
# saw; ends with the number of failures.
set -u
debs=$1 reader=$2
clients=${CLIENTS:-50} restarts=${RESTARTS:-20}
# Seconds of the watchdog while it is tried; an emulated machine needs more.
watchdog=${WATCHDOG:-3}
# Seconds that it may take to be started or ended; not a measure.
patience=$((watchdog * 7 + 40))
# Seconds between two rounds of marks, and those that clients have to find the
# daemon again before they end: a client that ends while there is none says so.
pause=${PAUSE:-0.1} settle=${SETTLE:-3}
failures=0
state=/var/lib/tidemark
export TIDEMARK_SOCKET=/run/tidemark/client.sock

check() {  # check WHAT COMMAND...
  local what=$1
  shift
  if "$@"; then
    echo "ok    $what"
  else
    echo "FAIL  $what"
    failures=$((failures + 1))
  fi
}
wait_for() {  # wait_for SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}
notes() {  # notes ROUND: those of a round in all recordings, each once
  for part in $state/*.tmk; do python3 "$reader" "$part" 2>/dev/null; done |
    python3 -c '
import json, sys
seen = set()
for line in sys.stdin:
    item = json.loads(line)
    for event in item.get("events", []):
        name = event.get("name", "")
        if name.startswith(f"n.{sys.argv[1]}-"):
            seen.add(name)
print(len(seen))' "$1"
}
cat >/tmp/clients.py <<'P'
import os, subprocess, sys, time
count, stop, tag = int(sys.argv[1]), sys.argv[2], sys.argv[3]
pipes = [subprocess.Popen(["tidemark", "marks"], stdin=subprocess.PIPE)
         for _ in range(count)]
made = 0
while not os.path.exists(stop):
    for i, pipe in enumerate(pipes):
        pipe.stdin.write(b"note n.%s-%d-%d\n" % (tag.encode(), i, made))
        pipe.stdin.flush()
        made += 1
    time.sleep(float(sys.argv[4]))
for pipe in pipes:
    pipe.stdin.close()
bad = [code for code in (pipe.wait() for pipe in pipes) if code]
print(made, len(bad))
P
chmod 644 /tmp/clients.py
under_clients() {  # under_clients ROUND COMMAND...: no mark of theirs is lost
  local round=$1 made failed found speaker began
  shift
  rm -f /tmp/stop /tmp/made
  runuser -u nobody -- python3 /tmp/clients.py "$clients" /tmp/stop "$round" \
    "$pause" >/tmp/made 2>/tmp/clients.err &
  speaker=$!
  sleep "$settle"
  began=$SECONDS
  "$@"
  echo "$round took $((SECONDS - began)) s under $clients clients"
  sleep "$settle"
  touch /tmp/stop
  wait "$speaker"
  sort /tmp/clients.err | uniq -c
  read -r made failed </tmp/made
  found=$(notes "$round")
  echo "$made marks made, $found in the recordings, $failed clients complained"
  check "no mark is lost" test "$made" = "$found"
  check "no client complained" test "$failed" = 0
}
active() { systemctl is-active --quiet tidemarkd.service; }
main_pid() { systemctl show -p MainPID --value tidemarkd.service; }
said() { journalctl -u tidemarkd.service --no-pager -q | grep -qE "$1"; }

echo "== host"
uname -sr
systemctl --version | head -1
stat -fc 'cgroup: %T' /sys/fs/cgroup
echo "perf_event_paranoid: $(cat /proc/sys/kernel/perf_event_paranoid 2>&1)"

echo "== install"
check "dpkg -i" dpkg -i "$debs"/tidemark_*.deb "$debs"/libtidemark0_*.deb \
  "$debs"/libtidemark-heap0_*.deb
check "the service is active" wait_for "$patience" active
systemctl status tidemarkd.service --no-pager -n 0 | sed -n 3,12p
check "it is not root" test "$(stat -c %U /proc/"$(main_pid)")" = tidemark
grep -E 'Cap(Eff|Bnd|Amb)|NoNewPrivs|Seccomp:' /proc/"$(main_pid)"/status
# CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE, CAP_PERFMON, CAP_BPF and nothing else.
check "four capabilities, no other" \
  grep -q 'CapEff:.000000c000080004' /proc/"$(main_pid)"/status

echo "== sandbox"
systemd-analyze security tidemarkd.service --no-pager | tail -1
exposure=$(systemd-analyze security tidemarkd.service --no-pager |
  sed -n 's/.*Overall exposure level[^0-9]*\([0-9.]*\).*/\1/p')
check "exposure $exposure is at most 2.0" \
  awk -v e="$exposure" 'BEGIN { exit !(e != "" && e <= 2.0) }'

echo "== sensors under those capabilities"
part=$(ls -t $state/*.tmk | head -1)
tidemark info "$part" | sed -n "/^Sensors/,/^  testbed/p"
check "the task iterator" sh -c "tidemark info $part | grep -q 'iter/task'"
check "process lives by tp_btf" sh -c "tidemark info $part | grep -q 'tp_btf'"

four="CAP_BPF CAP_PERFMON CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"
check "doctor says so too, with these alone" systemd-run --quiet --wait --pipe \
  -p User=tidemark -p "AmbientCapabilities=$four" -p NoNewPrivileges=yes \
  -p "CapabilityBoundingSet=$four" "$(dirname "$reader")/check_doctor.py" \
  /usr/bin/tidemark "probe process_scan" "probe process_life" "probe growth" \
  "probe handles" "probe run_queue" "probe block_io" "probe reclaim" \
  "probe tcp_retransmit" "collector process_scan"

echo "== marks of a plain user"
check "a mark is taken" \
  wait_for "$settle" runuser -u nobody -- tidemark mark n.nobody-0
check "and is in the recording" wait_for 10 sh -c \
  "for p in $state/*.tmk; do python3 $reader \$p; done 2>/dev/null |
   grep -q n.nobody-0"
check "a plain user does not read recordings" \
  sh -c "! runuser -u nobody -- ls $state >/dev/null 2>&1"

echo "== $restarts restarts under $clients clients"
restart_often() {
  for _ in $(seq "$restarts"); do
    systemctl restart tidemarkd.service || echo "restart failed"
    sleep 1
  done
}
under_clients restart restart_often

echo "== an upgrade under $clients clients"
dpkg-deb -R "$debs"/tidemark_*.deb /tmp/newer
sed -i 's/^Version: .*/&+1/' /tmp/newer/DEBIAN/control
dpkg-deb -b /tmp/newer /tmp/newer.deb >/dev/null
old=$(main_pid)
upgrade() { check "dpkg -i of a newer one" dpkg -i /tmp/newer.deb; }
under_clients upgrade upgrade
check "the new one runs" wait_for "$patience" active
check "in place of the old one" test "$(main_pid)" != "$old"
dpkg -s tidemark | grep '^Version:'

echo "== SIGKILL, and the watchdog"
kill -KILL "$(main_pid)"
sleep 1
check "it is started again" wait_for "$patience" active
mkdir -p /run/systemd/system/tidemarkd.service.d
printf '[Service]\nWatchdogSec=%s\n' "$watchdog" \
  >/run/systemd/system/tidemarkd.service.d/fast.conf
systemctl daemon-reload
systemctl restart tidemarkd.service
hung=$(main_pid)
sleep $((watchdog + 1))
check "the watchdog is fed" test "$(main_pid)" = "$hung"
kill -STOP "$hung"
check "a daemon that hangs is ended" wait_for "$patience" sh -c "
  pid=\$(systemctl show -p MainPID --value tidemarkd.service)
  [ \$pid != $hung ] && [ \$pid != 0 ]"
check "and started again" wait_for "$patience" active
check "by the watchdog" said 'Watchdog timeout'
rm -r /run/systemd/system/tidemarkd.service.d
systemctl daemon-reload

echo "== reload"
same=$(main_pid)
sed -i 's/^interval = .*/interval = "500ms"/' /etc/tidemark/tidemark.toml
check "systemctl reload" systemctl reload tidemarkd.service
check "new options are said to be in force" \
  wait_for 10 said 'reload: the options are in force'
printf 'interwal = "1s"\n' >>/etc/tidemark/tidemark.toml
systemctl reload tidemarkd.service
check "a wrong option is said, with the nearest name" \
  wait_for 10 said "did you mean 'interval'"
check "and that the old ones stay" said 'the options in force stay'
check "it goes on" active
check "as the same process" test "$(main_pid)" = "$same"
ticks() {
  tidemark verify "$(ls -t $state/*.tmk | head -1)" |
    sed -n 's/.*[^0-9]\([0-9][0-9]*\) ticks.*/\1/p'
}
first=$(ticks)
sleep 10
last=$(ticks)
echo "ticks in 10 s after the wrong one: $((last - first)) (500 ms were in force)"
check "it records" test "$last" -gt "$first"
sed -i '/^interwal/d' /etc/tidemark/tidemark.toml
check "a start with the mended file" systemctl restart tidemarkd.service

echo "== its log"
journalctl -u tidemarkd.service --no-pager -q -o short-monotonic |
  grep -vE 'Consumed|Deactivated' |
  awk '!/Start|Stopp|recording to|probe_time/ || n++ < 9' | tail -40

echo "== purge"
check "dpkg --purge" dpkg --purge tidemark libtidemark0 libtidemark-heap0
left=$(find $state -mindepth 1 ! -name '*.tmk' ! -name '*.tmk.pin')
check "nothing but recordings is left" test -z "$left"
check "no user is left" sh -c '! getent passwd tidemark'
check "no socket is left" test ! -e /run/tidemark
check "no configuration is left" test ! -e /etc/tidemark

echo "$failures failures"
exit $((failures > 0))
