#!/usr/bin/env python3
"""Fails when a BPF test was skipped on a kernel that can run it.

    check_skips.py BUILD_FOLDER

Reads BUILD_FOLDER/test_results.xml, which `make test` writes. Silent when all
is well. Where /sys/kernel/btf/vmlinux is missing, skips are in order.
"""
import json
import pathlib
import subprocess
import sys
import xml.etree.ElementTree as xml

BTF = pathlib.Path("/sys/kernel/btf/vmlinux")


def tests_with_label(build, label):
    shown = subprocess.run(
        ["ctest", "--test-dir", build, "-L", label, "--show-only=json-v1"],
        check=True, capture_output=True, text=True).stdout
    return {test["name"] for test in json.loads(shown)["tests"]}


def skipped_tests(results):
    """{name: reason} of tests that did not run."""
    found = {}
    for case in xml.parse(results).getroot().iter("testcase"):
        if case.find("skipped") is not None or case.get("status") == "notrun":
            output = case.findtext("system-out") or ""
            reasons = [line.strip() for line in output.splitlines()
                       if "SKIP" in line or "skip" in line]
            found[case.get("name")] = reasons[-1] if reasons else ""
    return found


def main():
    build = pathlib.Path(sys.argv[1])
    if not BTF.exists():
        return
    bpf = tests_with_label(build, "^bpf$")
    if not bpf:
        sys.exit("no BPF test is registered, though this kernel has BTF")
    skipped = skipped_tests(build / "test_results.xml")
    wrong = sorted(bpf & skipped.keys())
    for name in wrong:
        print(f"skipped though this kernel has BTF: {name} {skipped[name]}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
