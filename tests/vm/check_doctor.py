#!/usr/bin/env python3
"""check_doctor.py TIDEMARK [WORKS...]: `doctor --json` can be read by programs,
each line that is not ok has its cause, what is lost and a remedy, recording is
possible, and each WORKS ("probe process_scan") is ok.
"""
import json
import subprocess
import sys


def main():
    done = subprocess.run([sys.argv[1], "doctor", "--json"], text=True,
                          capture_output=True)
    told = json.loads(done.stdout)
    wrong, states = [], {}
    for check in told["checks"]:
        states[check["what"]] = check["state"]
        if check["state"] not in ("ok", "degraded", "missing"):
            wrong.append(f"{check['what']}: {check['state']}")
        wanted = ["what", "detail"]
        if check["state"] != "ok":
            wanted += ["lost", "remedy"]
            print(f"{check['state']}  {check['what']}: {check['detail']}\n"
                  f"    lost: {check['lost']}; remedy: {check['remedy']}")
        wrong += [f"{check['what']}: no {key}" for key in wanted
                  if not check[key]]
    if not told["can_record"] or done.returncode:
        wrong.append(f"cannot record here, exit {done.returncode}")
    wrong += [f"{name}: {states.get(name, 'no such line')}"
              for name in sys.argv[2:] if states.get(name) != "ok"]
    ok = sum(state == "ok" for state in states.values())
    print("\n".join(wrong) or f"{told['kernel']}: {ok} of {len(states)} ok, "
          "the others with cause and remedy")
    return bool(wrong)


sys.exit(main())
