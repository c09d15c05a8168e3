#!/bin/sh
# Installs the packages of packaging/apt.txt that are missing, and nothing when
# none is. Needs root or sudo only then; without either it names the command.
set -eu

list=$(dirname "$0")/apt.txt
wanted=$(sed -e 's/#.*//' "$list")

missing=""
for package in $wanted; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) ||
    status=""
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  sudo=""
elif command -v sudo >/dev/null 2>&1; then
  sudo=sudo
else
  echo "These packages are missing; install them as root, then try again:" >&2
  echo "  apt-get update && apt-get install -y --no-install-recommends$missing" >&2
  exit 1
fi

echo "Installing what is missing:$missing"
export DEBIAN_FRONTEND=noninteractive
# Word splitting is meant: $sudo may be empty, $missing is a list.
# shellcheck disable=SC2086
$sudo apt-get update -q
# shellcheck disable=SC2086
$sudo env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends $missing
