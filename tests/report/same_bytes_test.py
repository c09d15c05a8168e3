#!/usr/bin/env python3
"""One recording, one verdict: judged twice, and by two builds, each format is
the same to the byte; recordings of older versions are held against gates that
were written later.

TIDEMARK_OTHER_BUILD=build/clang compares that build too, and
TIDEMARK_RECORDINGS=FOLDER takes the recordings of a folder besides.
"""
import os
import pathlib
import subprocess
import unittest

import reports

FORMATS = ("text", "json", "html", "pprof", "folded", "md", "csv", "junit",
           "openmetrics", "annotations", "perfetto")
FIXTURES = reports.ROOT / "tests" / "fixtures" / "recordings"


def rendered(build, recording, form, *options):
    done = subprocess.run(
        [build / "cli" / "tidemark", "report", recording, "-f", form, *options],
        capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


class SameBytes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = reports.Recordings()
        cls.addClassCleanup(cls.made.cleanup)
        folders = [pathlib.Path(cls.made.name), FIXTURES,
                   FIXTURES.parent / "runs"]
        if "TIDEMARK_RECORDINGS" in os.environ:
            folders.append(pathlib.Path(os.environ["TIDEMARK_RECORDINGS"]))
        cls.recordings = [path for folder in folders
                          for path in sorted(folder.glob("*.tmk"))]

    def compare(self, other):
        judged = 0
        for recording in self.recordings:
            for form in FORMATS:
                options = reports.GATES if form == "json" else ()
                first = rendered(reports.BUILD, recording, form, *options)
                again = rendered(other, recording, form, *options)
                self.assertEqual(first, again, f"{recording.name} as {form}")
                judged += bool(first[1])
        # Empty answers alone would be equal too.
        self.assertGreater(judged, len(FORMATS) * 5)

    def test_judged_twice(self):
        self.compare(reports.BUILD)

    @unittest.skipUnless("TIDEMARK_OTHER_BUILD" in os.environ,
                         "TIDEMARK_OTHER_BUILD names no build")
    def test_judged_by_two_builds(self):
        self.compare(pathlib.Path(os.environ["TIDEMARK_OTHER_BUILD"]))


class NewGates(unittest.TestCase):
    """tests/fixtures/runs/demo.tmk was recorded once and is never made anew."""

    def test_holds_an_old_recording_against_gates(self):
        expected = {
            "max(rss_anon{role='server'}) < 10MiB": ("✗", "34.4 MiB"),
            "max(rss_anon{role='cache'}) < 1GiB": ("✓", "12 MiB"),
            "leak(server) in {none}": ("✗", "is leak"),
            "retained(fds) across cycles <= 0": ("✓", "0/cycle"),
            "slope(heap.live) per op < 16B @99%": ("✗", "467 B/op"),
            "p99(span.checkout) < 5s": ("?", "was timed"),
        }
        words = [word for gate in expected for word in ("--gate", gate)]
        recording = FIXTURES.parent / "runs" / "demo.tmk"
        done = reports.run("check", recording, *words)
        self.assertEqual(done.returncode, 22, done.stderr.decode())
        lines = done.stdout.decode().splitlines()
        for line, (gate, (sign, figure)) in zip(lines, expected.items()):
            self.assertTrue(line.startswith(f"{sign} {gate}"), line)
            self.assertIn(figure, line)

    def test_says_what_an_old_recording_has_no_word_for(self):
        done = reports.run("check", FIXTURES / "v1.0-full.tmk",
                           "--gate", "max(heap.live) < 1MiB")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertTrue(done.stdout.decode().startswith("?"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
