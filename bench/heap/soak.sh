#!/bin/bash
# The cohort matrix of four programs whose memory is known (soak.cpp), traced
# from their start: bytes by the phase they were born in, at the end of that
# phase and of each one after it; what the site and the program are said to be.
#
#   bench/heap/soak.sh [BUILD] [MILLISECONDS OF A PHASE]
set -u
build=${1:-build/release} length=${2:-600}
work=$(mktemp -d /tmp/tidemark-soak-XXXXXX)
trap 'rm -rf "$work"' EXIT
for kind in leak fragment cache tidy; do
  "$build/cli/tidemark" record -q -o "$work/$kind.tmk" --heap=probes \
    --heap-sample=exact --heap-budget=100000% --interval=100ms -- \
    "$build/bench/bench_heap_soak" "$kind" "$length" > /dev/null
  code=$?
  "$build/cli/tidemark" report "$work/$kind.tmk" -f json -o "$work/$kind.json"
  python3 - "$kind" "$code" "$work/$kind.json" << 'END'
import json, sys

kind, code, path = sys.argv[1:]
findings = json.load(open(path))["findings"]
print(f"\n{kind}: exit {code}")
for finding in findings:
    if finding["resource"] not in ("heap", "rss_anon"):
        continue
    print(f"  {finding['resource']}: {finding['verdict']}"
          f" {finding.get('class') or finding.get('leak_class') or ''}")
    if finding.get("growth"):
        print("   ", {k: round(v / 1024) if isinstance(v, (int, float)) else v
                      for k, v in finding["growth"].items()}, "KiB")
    if finding["resource"] != "heap":
        continue
    for site in finding["sites"]:
        name = str(site.get("title") or site.get("frames"))[:70]
        if site["alloc_bytes"] < 1 << 20:
            continue
        print(f"    {site['class']}: {name}")
        for row in site["cohorts"]:
            cells = " ".join(f"{value / 1024:6.0f}" for value in row["live_bytes"])
            print(f"      {row['phase']:>16} took {row['alloc_bytes'] / 1024:7.0f}"
                  f" KiB: {cells}")
END
done
