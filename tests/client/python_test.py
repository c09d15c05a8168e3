#!/usr/bin/env python3
"""The Python package: in this process without a daemon, and below a real
`tidemark record`, whose report is read back."""
import asyncio
import os
import statistics
import subprocess
import sys
import unittest

import tidemark
from recorded import ROOT, phases, record

SAID = '''
import asyncio, os, time, tidemark

session = tidemark.Session("python client")

@session.span("decorated")
def decorated(x):
    return x + 1

@session.span("coroutine")
async def coroutine(x):
    await asyncio.sleep(0)
    return x + 1

async def many(run):
    async def one():
        async with run.span("task"):
            await asyncio.sleep(0.01)
    await asyncio.gather(*(one() for _ in range(20)))

with session.run("soak", users=50) as run:
    request = run.op("request")
    paced = run.op("paced", paced=True)
    for name in ("decorated", "coroutine", "task", "raises", "paced",
                 "paced.service"):
        with run.span(name):
            pass
    time.sleep(0.3)  # until a tick has read them: growth has a beginning
    for cycle in range(3):
        with run.phase("steady", kind="steady") as phase:
            phase.attribute("cycle", cycle)
            with run.phase("inner"):
                time.sleep(0.05)  # the edge is read up to 10 ms later
                request.inc(10)
                request.fail()
                time.sleep(0.1)
        with run.phase("rest", kind="cooldown"):
            assert run.quiesce(5) == tidemark.Answer.done
    with run.phase('work', kind='load'):
        assert decorated(1) == 2
        assert asyncio.run(coroutine(1)) == 2
        asyncio.run(many(run))
        try:
            with run.span("raises"):
                raise KeyError
        except KeyError:
            pass
        run.counter("hits").inc(3)
        asked = run.gate("max(rss_anon) < 1GiB")
        assert asked.reason != "no daemon evaluates it", asked
        assert asked.status in ("pass", "warn", "fail", "inconclusive")
        assert run.alerts() == []
        run.gauge("users").set(7)
        run.note("half way")
        now = run.now_ns()
        paced.done(now - 1_000_000, intended_ns=now - 500_000_000)
        time.sleep(0.3)
    if os.fork() == 0:
        with session.phase("child"):
            pass
        assert session.flush(5) == tidemark.Answer.done
        os._exit(0)
    os.wait()
    assert session.connected
    assert session.flush(5) == tidemark.Answer.done
    assert session.dropped == 0
'''


ALERTED = '''
import time, tidemark

with tidemark.Session("alerted").run("watched") as run:
    heard = []
    with run.on_alert(heard.append):
        deadline = time.monotonic() + 30
        while not heard and time.monotonic() < deadline:
            time.sleep(0.05)
    assert heard and heard[0].status == "fail", heard
    assert abs(heard[0].time_ns - run.now_ns()) < 60e9
    held = run.gate("max(rss_anon) < 1GiB", 30)
    assert held.status == "pass" and 0 < held.value < 2**30, held
    failed = run.gate("max(rss_anon) < 1KiB", 30)
    assert failed.status == "fail" and not failed, failed
    wrong = run.gate("max(no_such_metric) < 1", 30)
    assert wrong.status == "inconclusive" and "no_such" in wrong.reason, wrong
'''


class Watched(unittest.TestCase):
    def test_gates_are_answered_and_alerts_heard(self):
        run = record([sys.executable, "-c", ALERTED],
                     options=("--gate", "memory: max(rss_anon) < 1KiB"))
        self.assertEqual(run.code, 20, run.output)


class Recorded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_ = record([sys.executable, "-c", SAID])

    def test_the_program_ran(self):
        self.assertEqual(self.run_.code, 0, self.run_.output)

    def test_phases_are_in_the_recording(self):
        found = phases(self.run_.report)
        self.assertEqual([p["cycle"] for p in found["steady"]], [1, 2, 3])
        self.assertEqual({p["kind"] for p in found["steady"]}, {"steady"})
        self.assertEqual(len(found["steady/inner"]), 3)
        self.assertEqual(len(found["rest"]), 3)
        self.assertEqual(len(found["child"]), 1)
        self.assertEqual({p["status"] for p in self.run_.report["phases"]},
                         {"ended"})
        self.assertEqual(
            sum(p["ops"].get("request", 0) for p in found["steady"]), 30)

    def test_spans_are_in_the_recording(self):
        text = str(self.run_.report["spans"])
        for name in ("decorated", "coroutine", "task", "raises", "paced",
                     "paced.service"):
            self.assertIn(f"'{name}'", text)

    def test_work_that_waited_to_begin_is_said(self):
        told = " ".join(self.run_.text.split())
        self.assertRegex(told, r"paced in work: p50 5\S+ m?s and p99 5\S+ m?s "
                               r"from when each should have begun, \S+ ms and "
                               r"\S+ ms from when it did")
        self.assertNotIn("paced.service in work:", told)

    def test_the_run_has_its_name(self):
        self.assertEqual(self.run_.report["run"]["name"], "soak")


class WithoutDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ["TIDEMARK_SOCKET"] = "/nonexistent/tidemark.sock"
        cls.session = tidemark.Session("no daemon")

    def test_nothing_fails(self):
        self.assertFalse(self.session.connected)
        self.assertEqual(self.session.quiesce(1), tidemark.Answer.no_daemon)
        with self.session.run("run") as run, run.phase("p"):
            run.op("no daemon").inc()
            gate = run.gate("max(rss) < 1GiB")
            self.assertEqual(gate.status, "inconclusive")
            self.assertFalse(gate)
            self.assertIsNone(gate.value)
            self.assertIn("no daemon", gate.reason)
            self.assertEqual(run.alerts(), [])
            with run.on_alert(self.fail):
                pass
            self.assertEqual(run.op("no daemon").count,
                             run.stats("no daemon").count)

    def test_statistics_are_those_of_the_durations(self):
        values = [((i * 7919) % 1000 + 1) * 10_000 for i in range(1000)]
        with self.session.run("first") as run:
            run.span("figures")
            self.feed("figures", [5])  # before this run: not counted
        with self.session.run("second") as run:
            self.feed("figures", values, failures=10)
            s = run.stats("figures")
        self.assertEqual((s.count, s.errors), (1000, 10))
        ns = sorted(values)
        self.close(s.mean, statistics.mean(ns), 1e-9)
        self.close(s.median, ns[499], 1e-3)
        self.close(s.p95, ns[949], 1e-3)
        self.close(s.p99, ns[989], 1e-3)
        self.close(s.min, ns[0], 1e-3)
        self.close(s.max, ns[-1], 1e-9)
        self.close(s.stddev, statistics.stdev(ns), 1e-3)
        self.assertAlmostEqual(s.throughput, 1000 / s.seconds, places=3)
        self.assertEqual(s.error_rate, 0.01)
        self.assertEqual(s["mean"], s.mean)

    def test_an_op_has_a_rate_and_no_durations(self):
        with self.session.run("ops") as run:
            run.op("rate").inc(500)
            run.op("rate").fail(5)
            s = run.stats("rate")
        self.assertEqual((s.count, s.errors, s.p95), (500, 5, None))
        self.assertGreater(s.throughput, 0)
        with self.assertRaises(KeyError):
            run.stats("never used")

    def test_bad_input_is_refused_or_counted(self):
        with self.assertRaises(ValueError):
            self.session.op("bad").inc(-1)
        with self.assertRaises(ValueError):
            self.session.phase("bad", kind="no such kind")
        self.session.gauge("bad").set(float("nan"))
        self.session.note("\udcff" * 5000)
        span = self.session.span("bad")
        span.end()  # an end without a begin
        with self.session.phase("x" * 5000):
            pass

    def test_more_names_than_there_is_room_for_do_no_harm(self):
        code = ("import tidemark\n"
                "s = tidemark.Session('x')\n"
                "for i in range(100_000): s.counter(f'c{i}').inc()\n"
                "assert s.counter('c0').count == 1\n"
                "assert s.counter('c99999').count == 0\n")
        done = subprocess.run([sys.executable, "-c", code],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_async_scopes_and_decorators(self):
        @self.session.phase("async phase")
        async def work():
            async with self.session.span("async"):
                await asyncio.sleep(0)
            return 1
        with self.session.run("async") as run:
            self.assertEqual(asyncio.run(work()), 1)
            self.assertEqual(run.stats("async").count, 1)

    def test_without_the_library_every_call_does_nothing(self):
        code = ("import tidemark, warnings\n"
                "assert not tidemark.available\n"
                "s = tidemark.Session('x')\n"
                "with s.run('r') as run, run.phase('p'), run.span('s'):\n"
                "    run.op('o').inc()\n"
                "assert run.stats('s').count == 0\n"
                "assert run.quiesce(9) == tidemark.Answer.no_daemon\n"
                "assert run.gate('x').status == 'inconclusive'\n"
                "run.on_alert(print).stop()\n"
                "s.close()\n")
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True,
            env=dict(os.environ, TIDEMARK_LIBRARY="/nonexistent.so",
                     PYTHONPATH=str(ROOT / "client" / "python")))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("nothing is recorded", done.stderr)

    def feed(self, name, durations, failures=0):
        for i, ns in enumerate(durations):
            self.session.record(name, ns / 1e9, i >= failures)

    def close(self, seconds, ns, relative):
        self.assertLessEqual(abs(seconds * 1e9 - ns), relative * ns + 1e-6)


if __name__ == "__main__":
    unittest.main()
