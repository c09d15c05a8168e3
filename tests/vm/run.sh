#!/bin/sh
# run.sh BUILD: the service under a real systemd, and the core of the suite on
# Debian's own kernel. DEBIAN_VM names a tool that boots a Debian with
# --packages, --dir HOST:GUEST and -- COMMAND, and returns the command's status.
#   WHAT=service-here  in a container on this kernel    (--nspawn)
#   WHAT=service       in a virtual machine, Debian's kernel
#   WHAT=core          sensors, probes, recording there
# An emulated machine takes half an hour for each. Sizes: CLIENTS, RESTARTS,
# ATTACHMENTS; seconds: LIMIT, PROGRAM_LIMIT, PAUSE, SETTLE, WATCHDOG; BPF is a
# filter of the probes' tests.
set -eu
build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
vm=${DEBIAN_VM:-debian-vm}
command -v "$vm" >/dev/null || {
  echo "tests/vm/run.sh: no '$vm'; set DEBIAN_VM" >&2
  exit 64
}
# What the packages need, and the tests: one list, so that one image will do.
packages="adduser binutils init-system-helpers libbpf1 libcurl4 libdw1 libelf1 \
  libfmt9 libisal2 libjemalloc2 libncursesw6 libprometheus-cpp-core1.0 \
  libprometheus-cpp-pull1.0 libprotobuf-lite32 libspdlog1.10 libsystemd0 \
  libtcmalloc-minimal4 libtomlplusplus3 libzstd1 libzydis4.0 python3 \
  python3-zstandard zlib1g"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/t"
cp "$root"/tests/vm/service.sh "$root"/tests/vm/core.sh \
  "$root"/tests/vm/check_doctor.py \
  "$root/tests/tool/tmk_reader.py" "$work/t"

service() {
  (cd "$build" && cpack -G DEB >/dev/null)
  cp "$build"/packages/*.deb "$work/t"
  # shellcheck disable=SC2086
  "$vm" "$@" --packages "$packages" --timeout "${LIMIT:-2400}" \
    --dir "$work/t:/mnt/t" -- \
    env CLIENTS="${CLIENTS:-50}" RESTARTS="${RESTARTS:-20}" \
    WATCHDOG="${WATCHDOG:-3}" PAUSE="${PAUSE:-0.1}" SETTLE="${SETTLE:-3}" \
    bash /mnt/t/service.sh /mnt/t /mnt/t/tmk_reader.py
}
# The tests know their programs by the build's own path.
core() {
  for file in cli/tidemark daemon/tidemarkd tests/unit_os_tests \
    tests/unit_store_tests tests/unit_daemon_tests tests/bpf_tests; do
    mkdir -p "$work/b/$(dirname $file)"
    cp "$build/$file" "$work/b/$file"
    strip -g "$work/b/$file"
  done
  cp "$build"/tests/heap_target* "$build"/tests/heap_bare \
    "$build"/tests/libheap_plugin.so "$build"/tests/short_life \
    "$build"/tests/leader_first "$work/b/tests"
  # shellcheck disable=SC2086
  "$vm" --packages "$packages" --timeout "${LIMIT:-2400}" \
    --dir "$work/t:/mnt/t" --dir "$work/b:$build" -- \
    env ATTACHMENTS="${ATTACHMENTS:-50}" BPF="${BPF:-}" \
    PROGRAM_LIMIT="${PROGRAM_LIMIT:-1500}" \
    bash /mnt/t/core.sh "$build"
}

for what in ${WHAT:-service-here service core}; do
  echo "== $what"
  case $what in
    service-here) service --nspawn ;;
    # It may be emulated, and the unit has a fifth of a CPU.
    service) WATCHDOG=${WATCHDOG:-20} PAUSE=${PAUSE:-1} SETTLE=${SETTLE:-60} service ;;
    core) core ;;
    *) echo "unknown: $what" >&2 && exit 64 ;;
  esac
done
