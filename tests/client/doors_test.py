#!/usr/bin/env python3
"""Ways in for marks besides the channel: lines on record's standard input,
datagrams, HTTP, and the protocol of JMeter's PerfMon server agent."""
import http.client
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import unittest

from recorded import TIDEMARK, phases, record


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


HTTP = '''
import http.client, json, sys, time
port = int(sys.argv[1])
link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

def post(body, path="/v1/mark", method="POST", **headers):
    if not isinstance(body, (bytes, str)):
        body = json.dumps(body)
    link.request(method, path, body, headers)
    answer = link.getresponse()
    return answer.status, answer.read().decode()

def good(**mark):
    assert post(mark) == (200, ""), mark

good(mark="run_begin", name="by http")
good(mark="op", name="request", count=0)
good(mark="span", name="step", value=0.001)
good(mark="gauge", name="users", value=1)
time.sleep(0.4)
good(mark="phase_begin", name="two words", kind="steady")
time.sleep(0.1)
assert post('{"mark": "op", "name": "request", "count": 10}\\n'
            '{"mark": "failed", "name": "request"}\\nnote a line\\n') == (200, "")
good(mark="span", name="step", value=0.25, status="failed")
good(mark="attribute", name="build", text="abc")
good(mark="note", text="half way")
time.sleep(0.3)
good(mark="phase_end", name="two words")
# What is wrong is told, and the connection goes on.
for wrong in ("", "[]", "{", '{"mark": 5}', '{"mark": "dance"}',
              '{"mark": "op"}', '{"mark": "op", "name": "x", "count": -1}',
              '{"mark": "gauge", "name": "x", "value": "many"}',
              '{"mark": "gauge", "name": "x", "value": 1e999}',
              '{"mark": "span", "name": "x", "value": -1}',
              '{"mark": "note", "text": {"deep": [1]}}',
              '{"mark": "note", "text": "x", "more": 1}',
              "[" * 5000, "\\xff\\xfe{", '{"mark": "note", "text": "\\xff"}'):
    status, text = post(wrong.encode("latin-1"))
    if wrong:
        assert status == 400 and text.startswith("line 1: "), (wrong, text)
assert post({}, "/elsewhere")[0] == 404
assert post("", method="GET")[0] == 405
assert post({"mark": "note", "text": "x"}, Origin="http://evil")[0] == 403
assert post({"mark": "note", "text": "x"}, Host="evil.example")[0] == 403
assert post("x" * 100_000)[0] == 413
good(mark="run_end", status="ok")
'''

DATAGRAM = '''
import json, os, socket, sys, time
path = sys.argv[1]
while not os.path.exists(path):
    time.sleep(0.01)
door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
say = lambda text: door.sendto(text.encode("utf-8", "surrogateescape"), path)
say(json.dumps({"mark": "phase_begin", "name": "by datagram", "kind": "load"}))
time.sleep(0.3)
for wrong in ("", "dance", "{}", "\\udcff", "x" * 9000):
    say(wrong)
say("phase end nothing")
say(json.dumps({"mark": "phase_end", "name": "by datagram"}))
time.sleep(0.2)
'''

# As JMeter's listener speaks: a test of life, an interval, then metrics that
# are read until it says exit. Fields and their order are those of the agent's
# README.
PERFMON = '''
import math, os, socket, sys, time
link = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
lines = link.makefile("rw", newline="\\n")

def say(text):
    lines.write(text + "\\n")
    lines.flush()

def values():
    return [float(word) for word in lines.readline().rstrip("\\n").split("\\t")]

say("test")
assert lines.readline() == "Yep\\n"
pid = os.getpid()
time.sleep(0.2)
while time.process_time() < 0.1:  # some clock ticks of CPU time
    pass
say("metrics-single:cpu\\tmemory")
cpu, memory = values()
assert 0 <= cpu <= 100 and 0 < memory < 100, (cpu, memory)
say("metrics-single:memory:used\\tmemory:used:unit=mb\\tmemory:total\\t"
    "swap:total\\ttcp:estab\\ttcp:listen\\tdisks:queue\\t"
    f"memory:pid={pid}:resident\\tmemory:pid={pid}:virtual:unit=kb\\t"
    f"cpu:pid={pid}:total\\tmemory:label=a\\\\:b:freeperc")
(used, used_mb, total, swap, established, listening, queue, resident, virtual,
 total_ms, free) = values()
assert abs(used / 1048576 - used_mb) < 100 and used < total
assert established >= 2 and listening >= 1 and queue >= 0 and swap >= 0
assert 1e6 < resident < virtual * 1024 and total_ms > 0 and 0 < free < 100
# What does not exist, and what must not: never run, never read.
say("metrics-single:exec:/bin/sh:-c:touch /tmp/no\\ttail:/etc/passwd\\tjmx:gc\\t"
    "cpu:core=9999\\tcpu:pid=999999999:percent\\tnetwork:iface=none\\tdance")
assert all(math.isnan(value) for value in values())
say("interval:1")
say(f"metrics:cpu:combined\\tcpu:idle\\tnetwork:iface=lo:bytesrecv\\t"
    f"cpu:pid={pid}:percent")
first = values()
assert len(first) == 4 and math.isnan(first[2])
begin = time.monotonic()
while time.monotonic() - begin < 0.5:
    pass
combined, idle, received, percent = values()
assert 0 <= combined <= 100 and idle <= 100 and received >= 0, (combined, idle)
assert 0 < percent < 1000, percent
say("exit")
assert lines.readline() == ""
for wrong in ("shutdown", "udp-transmitter:1.2.3.4:5:cpu", "interval:x",
              "metrics:" + "cpu\\t" * 300, "\\0" * 70000):
    link = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    try:
        link.sendall(wrong.encode() + b"\\n")
        assert link.recv(10) == b"", wrong
    except ConnectionError:
        pass
'''


class Doors(unittest.TestCase):
    def test_lines_on_standard_input(self):
        lines = ("run begin from a pipe\nphase begin steady steady\n"
                 '{"mark": "phase_begin", "name": "inner"}\n'
                 "phase end inner\nnonsense\nphase end steady\n" +
                 "x" * 20_000 + "\nnote the end")
        with tempfile.TemporaryFile() as file:
            file.write(lines.encode())
            file.seek(0)
            # The command's standard input is not the marks'.
            run = record(["sh", "-c", "sleep 1; cat"], stdin=file,
                         options=("--marks-from", "-"))
        self.assertEqual(run.code, 0, run.output)
        found = phases(run.report)
        self.assertEqual(found["steady"][0]["kind"], "steady")
        self.assertEqual(len(found["steady/inner"]), 1)
        self.assertEqual(run.report["run"]["name"], "from a pipe")
        self.assertIn("line 5: ", run.output)
        self.assertIn("line 7: the line is too long", run.output)
        self.assertIn("2 lines of marks were refused", run.output)
        self.assertNotIn("note the end", run.output)

    def test_the_end_of_the_lines_ends_a_recording_without_a_command(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "run.tmk"
            with subprocess.Popen(
                    [TIDEMARK, "record", "-q", "--heap=off", "--interval=100ms",
                     "--marks-from", "-", "-o", out], stdin=subprocess.PIPE,
                    stderr=subprocess.PIPE, text=True) as recorder:
                recorder.stdin.write("phase begin load load\n")
                recorder.stdin.flush()
                recorder.stdin.write("phase end load\n")
                _, errors = recorder.communicate(timeout=60)
            self.assertEqual(recorder.returncode, 0, errors)
            report = json.loads(subprocess.run(
                [TIDEMARK, "report", "-f", "json", out], check=True,
                capture_output=True).stdout)
        self.assertEqual([p["path"] for p in report["phases"]], ["load"])

    def test_http(self):
        port = str(free_port())
        run = record([sys.executable, "-c", HTTP, port],
                     options=("--marks-http", port))
        self.assertEqual(run.code, 0, run.output)
        (phase,) = phases(run.report)["two words"]
        self.assertEqual(phase["kind"], "steady")
        self.assertEqual(phase["ops"], {"request": 10})
        self.assertEqual([s["name"] for s in phase["spans"]], ["step"])
        self.assertEqual(run.report["run"]["name"], "by http")

    def test_datagrams(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "marks")
            run = record([sys.executable, "-c", DATAGRAM, path],
                         options=("--marks-datagram", path))
            self.assertFalse(os.path.exists(path))
        self.assertEqual(run.code, 0, run.output)
        self.assertEqual(phases(run.report)["by datagram"][0]["kind"], "load")
        self.assertIn("datagram mark refused", run.output)

    def test_a_session_of_perfmon(self):
        port = str(free_port())
        run = record([sys.executable, "-c", PERFMON, port],
                     options=("--perfmon", port))
        self.assertEqual(run.code, 0, run.output)
        self.assertFalse(os.path.exists("/tmp/no"))

    def test_connections_are_bounded_and_bytes_may_be_anything(self):
        port = free_port()
        code = ("import http.client, os, socket, sys\n"
                "port = int(sys.argv[1])\n"
                "links = []\n"
                "for i in range(100):\n"
                "    link = socket.create_connection(('127.0.0.1', port), 10)\n"
                "    link.sendall(os.urandom(1000) if i % 2 else b'POST ')\n"
                "    links.append(link)\n"
                "links.clear()\n"
                "import time; time.sleep(0.5)\n"
                "link = http.client.HTTPConnection('127.0.0.1', port)\n"
                "link.request('POST', '/v1/mark', 'phase begin alive')\n"
                "assert link.getresponse().status == 200\n")
        run = record([sys.executable, "-c", code, str(port)],
                     options=("--marks-http", str(port)))
        self.assertEqual(run.code, 0, run.output)
        self.assertEqual(len(phases(run.report)["alive"]), 1)

    def test_only_this_host(self):
        for where in ("0.0.0.0:4444", "example.org:80", "70000", "x", ""):
            run = subprocess.run(
                [TIDEMARK, "record", "-q", "-o", "/dev/null/x", "--marks-http",
                 where, "--", "true"], capture_output=True, text=True)
            self.assertNotEqual(run.returncode, 0, where)

    def test_doors_of_a_daemon(self):
        port = str(free_port())
        code = ("import subprocess, sys, time, http.client\n"
                "port = sys.argv[2]\n"
                "doors = subprocess.Popen([sys.argv[1], 'doors', '--marks-http',"
                " port])\n"
                "for _ in range(500):\n"
                "    try:\n"
                "        link = http.client.HTTPConnection('127.0.0.1', port)\n"
                "        link.request('POST', '/v1/mark', 'phase begin served')\n"
                "        break\n"
                "    except ConnectionError: time.sleep(0.01)\n"
                "assert link.getresponse().status == 200\n"
                "doors.terminate()\n"
                "assert doors.wait() == 0\n")
        run = record([sys.executable, "-c", code, TIDEMARK, port])
        self.assertEqual(run.code, 0, run.output)
        self.assertEqual(len(phases(run.report)["served"]), 1)
        done = subprocess.run([TIDEMARK, "doors"], capture_output=True,
                              text=True)
        self.assertEqual(done.returncode, 64)
        self.assertIn("name a door", done.stderr)


if __name__ == "__main__":
    unittest.main()
