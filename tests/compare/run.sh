#!/usr/bin/env bash
# run.sh BUILD [RUNS]: two builds of shop_server, one of them with a slip that
# slows its search, run in turns and compared; then each build with itself.
# Prints the comparisons; fails unless the slip alone is a regression.
set -euo pipefail

build=$(realpath "$1")
runs=${2:-5}
here=$(dirname "$(realpath "$0")")
root=$(realpath "$here/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

export COMPARE_TIDEMARK="$build/cli/tidemark"
export COMPARE_DRIVER="$here/customer.py"
library=$build/client/libtidemark_client.a

compile() { # SOURCES PROGRAM
  g++ -std=c++20 -O2 -I "$root/client/include" "$1"/*.cpp "$library" -pthread \
    -o "$2"
}
cp -r "$root/client/examples/shop" "$work/slip"
# The slip: each product is copied while it is searched.
sed -i 's/for (const Product& product : products_) {/for (const Product product : products_) {/' \
  "$work/slip/catalogue.cpp"
if cmp -s "$work/slip/catalogue.cpp" "$root/client/examples/shop/catalogue.cpp"
then
  echo "the slip was not made: catalogue.cpp has changed" >&2
  exit 1
fi
compile "$root/client/examples/shop" "$work/good"
compile "$work/slip" "$work/bad"

run() { # PROGRAM RECORDING
  COMPARE_SHOP=$work/$1 "$COMPARE_TIDEMARK" record --quiet --heap=off \
    -o "$work/$2.tmk" -- "$here/workload.sh" 2>"$work/$2.log" ||
    { cat "$work/$2.log" >&2; return 1; }
}
for i in $(seq "$runs"); do # in turns, so that a drift of the host hits both
  run good "good$i"
  run bad "bad$i"
  run good "again$i"
done

compare() { "$COMPARE_TIDEMARK" compare "$@"; }
echo "== the slip against what was"
code=0
compare "$work"/good*.tmk vs "$work"/bad*.tmk --noise || code=$?
echo "exit $code"
echo "== the same build again"
same=0
compare "$work"/good*.tmk vs "$work"/again*.tmk --noise --all || same=$?
echo "exit $same"
[ "$code" -eq 21 ] && [ "$same" -eq 0 ]
