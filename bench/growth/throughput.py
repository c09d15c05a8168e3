#!/usr/bin/env python3
"""What following the growth of memory (A1 + A2, always on) costs real programs.

    throughput.py [--build build/release] [--pairs 60] [--seconds 0.05]
                  [--only redis,postgresql,compile] [--cost]

Each program runs under its own load the whole time, on a CPU of its own, while
growth is followed and not followed in turns (A B, B A, ...). What is measured is
the program's own CPU time, user and system, for each request (for the compiler:
for the whole job), so that neither the load generator nor another program on
the machine is in it. A turn has several parts, and its figure is that of the
quarter of them that took least: what a busy machine adds comes and goes, what
following costs is there all the time. Printed: the mean over pairs of with /
without - 1, and its 95 % interval. The bar is 1 % (docs/design).

With --cost nothing is compared: the kernel counts how long the probe's own
programs ran (BPF_ENABLE_STATS, which costs time itself), printed as a part of
the program's CPU time. It is what the programs do, without the kernel's way to
them and back, but for all processes of the machine.
"""

import argparse
import math
import os
import pathlib
import shutil
import socket as sockets
import statistics
import subprocess
import sys
import tempfile
import time

# Two-sided 95 % quantiles of Student's t by degrees of freedom.
T95 = {4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228,
       11: 2.201, 12: 2.179, 13: 2.160, 14: 2.145, 15: 2.131, 19: 2.093,
       24: 2.064, 29: 2.045, 39: 2.023, 59: 2.001, 99: 1.984, 199: 1.972}
BAR = 1.0  # per cent
OWN, OTHERS = {0}, set(range(1, os.cpu_count() or 1)) or {0}  # CPUs


def t95(degrees):
    return T95[max(key for key in T95 if key <= max(degrees, 4))]


def cpu_ns(pid):
    """The CPU time of a process that is not ours (clock_getcpuclockid(3))."""
    return time.clock_gettime_ns((~pid << 3) | 2)


def place(pid, cpus):
    os.sched_setaffinity(pid, cpus)


class Follower:
    """follow_growth, which follows the processes or runs the command."""

    def __init__(self, options, pids=(), command=()):
        cost = ["--cost"] if options.cost else []
        self.process = subprocess.Popen(
            [options.follower, *cost, *map(str, pids),
             *(["--", *command] if command else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # What it does beside the load is measured elsewhere.
        place(self.process.pid, OTHERS)

    def ask(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if not answer:
            sys.exit("throughput.py: the probe did not start")
        return answer

    def switch(self, on):
        self.ask("on" if on else "off")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


PARTS = 8  # of a turn


def least(figures):
    """The mean of the quarter that took least."""
    return statistics.mean(sorted(figures)[:max(len(figures) // 4, 1)])


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
          f" {mean:+6.2f} %  [{low:+.2f}, {high:+.2f}]"
          f"  median {100 * statistics.median(ratios):+.2f} %  bar {BAR:.0f} %:"
          f" {verdict}  ({len(ratios)} pairs)", flush=True)


def report_cost(name, follower, turn):
    """turn(): the CPU seconds of the programs in a turn that is followed."""
    follower.switch(True)
    time.sleep(0.2)
    before = float(follower.ask("cost"))
    used = sum(turn() for _ in range(10))
    cost = float(follower.ask("cost")) - before
    print(f"  {name:<12} the probe's programs ran {1e3 * cost:.2f} ms beside"
          f" {used:.2f} s of it: {100 * cost / used:.3f} %", flush=True)


def measure_served(options, name, unit, pids, count):
    """CPU microseconds of the processes for each request they served."""
    follower = Follower(options, pids)

    def now():
        return count(), sum(cpu_ns(pid) for pid in pids)

    def part():
        done, cpu = now()
        time.sleep(options.seconds)
        after, used = now()
        return (used - cpu) / 1000 / max(after - done, 1)

    def measure(on):
        follower.switch(on)
        time.sleep(0.1)
        return least([part() for _ in range(PARTS)])

    def cpu_of_a_second():
        cpu = now()[1]
        time.sleep(1)
        return (now()[1] - cpu) / 1e9

    if options.cost:
        report_cost(name, follower, cpu_of_a_second)
    else:
        report(name, unit, *in_turns(options.pairs, measure))
    follower.close()


def redis(options, folder):
    path = f"{folder}/redis.sock"
    server = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", path, "--save", "",
         "--appendonly", "no"], stdout=subprocess.DEVNULL)
    while not os.path.exists(path):
        time.sleep(0.05)
    # One command alone, so that turns are alike, and one that allocates; as
    # many at once as keep the server busy.
    load = subprocess.Popen(
        ["redis-benchmark", "-s", path, "-t", "set", "-r", "20000", "-d",
         "300", "-c", "8", "-P", "8", "-n", "1000000", "-l", "-q"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place(server.pid, OWN)
    place(load.pid, OTHERS)
    line = sockets.socket(sockets.AF_UNIX)
    line.connect(path)

    def commands():
        line.sendall(b"INFO stats\r\n")
        text = b""
        while not text.endswith(b"\r\n\r\n") and b"\n#" not in text[8:]:
            text += line.recv(65536)
            if b"total_commands_processed" in text:
                break
        return int(text.split(b"total_commands_processed:")[1].split()[0])

    try:
        time.sleep(1)
        measure_served(options, "redis", "us a command", [server.pid],
                       commands)
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
         "listen_addresses=", "-c", "fsync=off", "-c", "max_wal_size=8GB",
         "-c", "checkpoint_timeout=1h", "-c", "autovacuum=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    place(server.pid, OTHERS)
    host = ["-h", folder, "-U", "postgres"]
    for _ in range(100):
        if subprocess.run([f"{binaries}/pg_isready", *host],
                          capture_output=True).returncode == 0:
            break
        time.sleep(0.1)
    tool("pgbench", *host, "-i", "-s", "4", "-q", "postgres")
    load = subprocess.Popen(
        [*as_user, f"{binaries}/pgbench", *host, "-c", "1", "-T", "100000",
         "-n", "postgres"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)

    place(load.pid, OTHERS)
    console = subprocess.Popen(
        [*as_user, f"{binaries}/psql", *host, "-At", "postgres"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def query(text):
        console.stdin.write(text + ";\n")
        console.stdin.flush()
        return console.stdout.readline().strip()

    def transactions():  # each of pgbench's takes a number, reading none
        return int(query("select pg_snapshot_xmax(pg_current_snapshot())"))

    try:
        time.sleep(1.5)
        backend = int(query("select pid from pg_stat_activity"
                            " where application_name = 'pgbench'"))
        place(backend, OWN)
        measure_served(options, "postgresql", "us a transaction", [backend],
                       transactions)
    finally:
        console.stdin.close()
        console.wait()
        load.terminate()
        load.wait()
        tool("pg_ctl", "-D", data, "-m", "immediate", "stop")
        server.wait()


def compile_(options, folder):
    source = f"{folder}/x.cpp"
    pathlib.Path(source).write_text(
        "#include <map>\n#include <string>\n"
        "int f(std::string s) {\n"
        "  std::map<std::string, int> m;\n"
        "  for (auto& c : s) m[s.substr(c)] += c;\n"
        "  return m.size(); }\n")
    packed = f"{folder}/x.ii"
    subprocess.run(["g++", "-E", source, "-o", packed], check=True)
    compiler = subprocess.run(["g++", "-print-prog-name=cc1plus"], check=True,
                              capture_output=True, text=True).stdout.strip()
    follower = Follower(options, command=[
        "taskset", "-c", str(min(OWN)), compiler, "-quiet", packed,
        "-o", "/dev/null"])

    def measure(on):
        follower.switch(on)
        return least([1000 * float(follower.ask("run")) for _ in range(4)])

    if options.cost:
        report_cost("compile", follower, lambda: float(follower.ask("run")))
    else:
        report("compile", "ms a job", *in_turns(options.pairs, measure))
    follower.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--pairs", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=0.05)
    parser.add_argument("--only", default="redis,postgresql,compile")
    parser.add_argument("--cost", action="store_true")
    options = parser.parse_args()
    options.follower = f"{options.build}/bench/follow_growth"
    programs = {"redis": redis, "postgresql": postgresql, "compile": compile_}
    place(0, OTHERS)
    print("CPU time without growth being followed, and what following adds:")
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory(prefix="tidemark-bench.") as folder:
            programs[name](options, folder)


if __name__ == "__main__":
    main()
