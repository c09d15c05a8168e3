#!/bin/sh
# run.sh BUILD: the Debian packages of what is built: what is in them, lintian,
# `make install`, and their whole life in a bare Debian root. FRESH_ROOT names a
# tool that makes one with --packages and runs a command there with our input.
set -eu
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
root=${FRESH_ROOT:-fresh-root}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== packages"
(cd "$build" && cpack -G DEB >/dev/null)
mkdir "$work/debs"
cp "$build"/packages/*.deb "$work/debs"
lintian --fail-on error,warning "$work"/debs/*.deb
echo "lintian: no errors, no warnings"

echo "== make install"
DESTDIR=$work/tree cmake --install "$build" --prefix /usr >/dev/null
"$here/check_packages.py" "$work/debs" "$work/tree"
(cd "$work" && tree/usr/bin/tidemark record --quiet -o one.tmk -- sleep 1 &&
  tree/usr/bin/tidemark verify one.tmk)
DESTDIR=$work/local cmake --install "$build" --prefix /usr/local >/dev/null
test -f "$work/local/usr/local/etc/tidemark/tidemark.toml"
grep -q '^prefix=/usr/local$' \
  "$work/local/usr/local/lib/pkgconfig/tidemark.pc"
grep -q '^ExecStart=/usr/local/bin/tidemarkd ' \
  "$work/local/usr/local/lib/systemd/system/tidemarkd.service"

echo "== a bare Debian root"
command -v "$root" >/dev/null || {
  echo "tests/packages/run.sh: no '$root'; set FRESH_ROOT" >&2
  exit 64
}
wanted=$(for deb in "$work"/debs/*.deb; do
  dpkg-deb -f "$deb" Depends
done | tr ',' '\n' | sed 's/([^)]*)//; s/ //g' | grep -v '^libtidemark' |
  sort -u | tr '\n' ' ')
cp "$here/bare_root.sh" "$work/debs"
tar -C "$work/debs" -c . | "$root" --packages "$wanted" -- \
  sh -c 'mkdir /tmp/debs && tar -C /tmp/debs -x && sh /tmp/debs/bare_root.sh /tmp/debs'
