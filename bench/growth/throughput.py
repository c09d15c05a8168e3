#!/usr/bin/env python3
"""What following the growth of memory (A1 + A2, always on) costs real programs.

    throughput.py [--build build/release] [--pairs 12] [--seconds 1.5]
                  [--only redis,postgresql,compile]

Each program runs under its own load the whole time while growth is followed
and not followed in turns (A B, B A, ...). A turn's figure is the program's own
CPU time, user and system, for each request (for the compiler: for the whole
job), so that neither the load generator nor another program on the machine is
in it. Printed: the mean over pairs of with / without - 1, and its 95 %
interval (Student's t over pairs). The bar is 1 % (docs/design).
"""

import argparse
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

# Two-sided 95 % quantiles of Student's t by degrees of freedom.
T95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228,
       11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 19: 2.093,
       24: 2.064, 29: 2.045}
BAR = 1.0  # per cent


def t95(degrees):
    return T95[max(key for key in T95 if key <= max(degrees, 4))]


def cpu_ns(pid):
    """The CPU time of a process that is not ours (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~pid << 3) | 2)


class Follower:
    """Follows processes, or nobody, while it is entered."""

    def __init__(self, program, pids, on):
        self.command = [program] + ([] if on else ["--off"])
        self.command += [str(pid) for pid in pids]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            sys.exit("throughput.py: the probe did not start")

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()


def in_turns(pairs, measure):
    """measure(on) in pairs of turns; the ratio of each pair."""
    ratios, without = [], []
    measure(False)  # warm-up
    for i in range(pairs):
        first = i % 2 == 1
        one, two = measure(first), measure(not first)
        on, off = (one, two) if first else (two, one)
        ratios.append(on / off - 1)
        without.append(off)
    return ratios, without


def report(name, unit, ratios, without):
    mean = 100 * statistics.mean(ratios)
    half = 100 * (t95(len(ratios) - 1) * statistics.stdev(ratios) /
                  math.sqrt(len(ratios)))
    low, high = mean - half, mean + half
    verdict = ("holds" if high <= BAR else
               "MISSED" if low > BAR else "not decided")
    print(f"  {name:<12} {statistics.median(without):>10.2f} {unit:<16}"
          f" {mean:+6.2f} %  [{low:+.2f}, {high:+.2f}]  bar {BAR:.0f} %:"
          f" {verdict}  ({len(ratios)} pairs)", flush=True)


def served(options, pids, count):
    """CPU microseconds of the processes for each request they served."""

    def measure(on):
        with Follower(options.follower, pids, on):
            time.sleep(0.2)
            cpu = sum(cpu_ns(pid) for pid in pids)
            done = count()
            time.sleep(options.seconds)
            cpu = sum(cpu_ns(pid) for pid in pids) - cpu
            done = count() - done
        return cpu / 1000 / max(done, 1)

    return measure


def redis(options, folder):
    socket = f"{folder}/redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
         "--appendonly", "no"], stdout=subprocess.DEVNULL)
    while not os.path.exists(socket):
        time.sleep(0.05)
    # One command alone, so that turns are alike, and one that allocates.
    load = subprocess.Popen(
        ["redis-benchmark", "-s", socket, "-t", "set", "-r", "20000", "-d",
         "300", "-c", "8", "-n", "1000000", "-l", "-q"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def commands():
        text = subprocess.run(["redis-cli", "-s", socket, "info", "stats"],
                              capture_output=True, text=True).stdout
        return next(int(line.split(":")[1]) for line in text.splitlines()
                    if line.startswith("total_commands_processed"))

    try:
        time.sleep(1)
        yield "us a command", served(options, [server.pid], commands)
    finally:
        for process in (load, server):
            process.terminate()
            process.wait()


def postgresql(options, folder):
    binaries = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    data = f"{folder}/data"
    os.mkdir(data)
    if as_user:
        shutil.chown(folder, "postgres")
        shutil.chown(data, "postgres")
    os.chmod(data, 0o700)

    def tool(name, *arguments, **more):
        return subprocess.run([*as_user, f"{binaries}/{name}", *arguments],
                              check=True, capture_output=True, text=True,
                              **more).stdout

    tool("initdb", "-D", data, "-A", "trust", "--no-sync")
    server = subprocess.Popen(
        [*as_user, f"{binaries}/postgres", "-D", data, "-k", folder, "-c",
         "listen_addresses=", "-c", "fsync=off", "-c", "max_wal_size=4GB"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    host = ["-h", folder, "-U", "postgres"]
    for _ in range(100):
        if subprocess.run([f"{binaries}/pg_isready", *host],
                          capture_output=True).returncode == 0:
            break
        time.sleep(0.1)
    tool("pgbench", *host, "-i", "-s", "4", "-q", "postgres")
    load = subprocess.Popen(
        [*as_user, f"{binaries}/pgbench", *host, "-c", "2", "-T", "100000",
         "-n", "postgres"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)

    def query(text):
        return tool("psql", *host, "-At", "-c", text, "postgres").strip()

    def history():  # pgbench adds a row here in each transaction
        return int(query("select count(*) from pgbench_history"))

    try:
        time.sleep(1.5)
        pids = [int(pid) for pid in query(
            "select pid from pg_stat_activity"
            " where application_name = 'pgbench'").split()]
        yield "us a transaction", served(options, pids, history)
    finally:
        load.terminate()
        load.wait()
        tool("pg_ctl", "-D", data, "-m", "immediate", "stop")
        server.wait()


def compile_(options, folder):
    source = f"{folder}/x.cpp"
    pathlib.Path(source).write_text(
        "#include <algorithm>\n#include <map>\n#include <regex>\n"
        "#include <string>\nint f(std::string s) {\n"
        "  std::map<std::string, int> m; std::regex r(s);\n"
        "  for (auto& c : s) m[std::regex_replace(s, r, s)] += c;\n"
        "  return std::count_if(s.begin(), s.end(),\n"
        "    [&](char c) { return m[s] > c; }); }\n")
    packed = f"{folder}/x.ii"
    subprocess.run(["g++", "-E", source, "-o", packed], check=True)
    compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], check=True,
                              capture_output=True, text=True).stdout.strip()

    def measure(on):
        command = [options.follower, *([] if on else ["--off"]), "--",
                   compiler, "-quiet", "-O1", packed, "-o", "/dev/null"]
        done = subprocess.run(command, check=True, capture_output=True,
                              text=True)
        return 1000 * float(done.stdout.split()[0])

    yield "ms a job", measure


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--only", default="redis,postgresql,compile")
    options = parser.parse_args()
    options.follower = f"{options.build}/bench/follow_growth"
    programs = {"redis": redis, "postgresql": postgresql, "compile": compile_}
    print("CPU time without growth being followed, and what following adds:")
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory(prefix="tidemark-bench.") as folder:
            work = programs[name](options, folder)
            unit, measure = next(work)
            try:
                report(name, unit, *in_turns(options.pairs, measure))
            finally:
                work.close()


if __name__ == "__main__":
    main()
