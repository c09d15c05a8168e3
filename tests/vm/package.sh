#!/bin/sh
# package.sh DEBS: in a bare Debian root without systemd, as root. Installs the
# packages, records, and purges; nothing but kept recordings may be left.
set -eu
debs=$1
list() {
  find / -xdev \( -path /proc -o -path /sys -o -path /var/cache -o \
    -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/log -o \
    -path /tmp -o -path /dev -o -path "$debs" -o -path /var/backups \) \
    -prune -o -print | sort
}
list >/tmp/before
dpkg -i "$debs"/tidemark_*.deb "$debs"/libtidemark0_*.deb \
  "$debs"/libtidemark-dev_*.deb
tidemark doctor | tail -3
cd /tmp || exit 1
tidemark record -o two.tmk -- sleep 2
tidemark verify two.tmk
# The daemon under no init at all, then as the user it was given.
tidemarkd --config /etc/tidemark/tidemark.toml &
pid=$!
sleep 3
tidemark mark here
kill "$pid"
wait "$pid"
ls -l /var/lib/tidemark
tidemark export -o out.tmk && tidemark verify out.tmk
dpkg --purge libtidemark-dev tidemark libtidemark0
list >/tmp/after
diff /tmp/before /tmp/after | grep '^[<>]' |
  grep -vE '/var/lib/tidemark(/[0-9TZ-]+\.tmk)?$' >/tmp/left || true
cat /tmp/left
[ ! -s /tmp/left ] && echo "nothing but recordings is left"
