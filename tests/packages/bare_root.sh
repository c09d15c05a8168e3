#!/bin/sh
# bare_root.sh DEBS: in a bare Debian root without systemd, as root. Installs
# the packages, records, runs the daemon, upgrades, and purges: every file of the
# root is then as it was, but for kept recordings.
set -eu
debs=$1
ours() {  # ours COMMAND...: with the names of our packages
  "$@" libtidemark-dev libtidemark0 libtidemark-heap0 python3-tidemark tidemark
}

# Every file with its content, but for what the package manager and passwd(5)'s
# tools keep for themselves (/etc/passwd-), and caches.
list() {
  find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o \
    -path /run/lock -o -path /var/lib/dpkg -o -path /var/lib/apt -o \
    -path /var/cache -o -path /var/log -o -path /var/backups -o \
    -path '/etc/*-' \) -prune -o \
    -type f -exec sha256sum {} + -o -printf '%y %p %l\n' | sort -k2
}

echo "-- install"
list >/tmp/before
dpkg -i "$debs"/*.deb >/tmp/dpkg.log
ours dpkg -V
tidemark doctor | tail -1
cd /tmp
tidemark record -o two.tmk -- sleep 2
tidemark verify two.tmk
tidemark record --quiet --heap=shim -o shim.tmk -- sleep 1
tidemark info shim.tmk | grep heap_shim || true
python3 -c 'import tidemark; print("python:", tidemark.__name__)'

echo "-- the daemon under no init at all"
tidemarkd --config /etc/tidemark/tidemark.toml &
pid=$!
sleep 3
tidemark mark here
kill "$pid"
wait "$pid"
ls -l /var/lib/tidemark
tidemark export -o out.tmk
tidemark verify out.tmk

echo "-- upgrade: the configuration is kept as it was changed"
echo "# changed by hand" >>/etc/tidemark/tidemark.toml
dpkg-deb -R "$debs"/tidemark_*.deb newer
sed -i 's/^Version: .*/&+1/' newer/DEBIAN/control
dpkg-deb -b newer newer.deb >/dev/null
dpkg -i newer.deb >>/tmp/dpkg.log
dpkg -s tidemark | grep '^Version:.*+1$'
tail -1 /etc/tidemark/tidemark.toml | grep 'by hand'

echo "-- remove keeps the configuration, purge does not"
ours dpkg --remove >>/tmp/dpkg.log
test -e /etc/tidemark/tidemark.toml
test ! -e /usr/bin/tidemark
ours dpkg --purge >>/tmp/dpkg.log
list >/tmp/after
diff /tmp/before /tmp/after | grep '^[<>]' >/tmp/left || true
cat /tmp/left
if grep -vE ' /var/lib/tidemark(/[0-9TZ-]+\.tmk)? ?$' /tmp/left; then
  echo "FAIL: purge left more than recordings"
  exit 1
fi
echo "$(wc -l </tmp/before) files compared; nothing but recordings is left"
