#!/usr/bin/python3
"""Poor recordings and poor places to write to: a clean report that says so, or
one clear error and no file; several recordings in one report; pictures."""
import os
import pathlib
import shutil
import struct
import subprocess
import unittest

import figures_test
import reports

FORMATS = ("text", "json", "html", "md", "csv", "junit", "openmetrics",
           "perfetto", "svg")


class Poor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = reports.Recordings()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def path(self, name):
        return pathlib.Path(self.folder.name) / name

    def one_error(self, done, *said):
        """One line that says what is wrong."""
        self.assertNotEqual(done.returncode, 0)
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        for word in said:
            self.assertIn(word, lines[0])

    def test_every_format_of_every_poor_recording(self):
        codes = {"one_tick": 0, "aborted": 0, "gaps": 0, "two_runs": 0,
                 "unmarked": 0, "torn": 22, "damaged": 70}
        for name, code in codes.items():
            for form in FORMATS:
                with self.subTest(recording=name, format=form):
                    done = reports.run("report", self.path(name + ".tmk"),
                                       "-f", form)
                    self.assertEqual(done.returncode, code, done.stderr)
                    self.assertEqual(done.stderr, b"")
                    self.assertTrue(done.stdout)

    def test_what_is_wrong_is_said(self):
        said = {"aborted": "aborted", "gaps": "the disk was full",
                "two_runs": "shop-soak, second", "torn": "torn",
                "damaged": "damaged", "one_tick": "too short"}
        for name, words in said.items():
            for form in ("text", "html"):
                with self.subTest(recording=name, format=form):
                    text = reports.rendered(self.path(name + ".tmk"), form)
                    self.assertIn(words, " ".join(text.decode().split()))

    def test_no_recording_is_one_error_and_no_file(self):
        for name in ("empty.tmk", "text.tmk", "absent.tmk", "."):
            for form in FORMATS:
                with self.subTest(recording=name, format=form):
                    out = self.path("never")
                    done = reports.run("report", self.path(name), "-f", form,
                                       "-o", out)
                    self.one_error(done, "tidemark report: ")
                    self.assertEqual(done.stdout, b"")
                    self.assertFalse(out.exists())

    def test_profiles_of_a_run_without_stacks(self):
        for form in ("pprof", "folded"):
            done = reports.run("report", self.path("unmarked.tmk"), "-f", form)
            self.one_error(done, "call stacks")
            self.assertEqual(done.returncode, 64)

    # ----------------------------------------------------- where it goes to

    def test_full_device(self):
        for form in FORMATS:
            with self.subTest(form):
                done = reports.run("report", self.path("demo.tmk"), "-f", form,
                                   "-o", "/dev/full")
                self.one_error(done, "/dev/full", "No space left")
                self.assertEqual(done.returncode, 70)
                with open("/dev/full", "wb") as full:
                    done = subprocess.run(
                        [reports.TIDEMARK, "report", self.path("demo.tmk"),
                         "-f", form], stdout=full, stderr=subprocess.PIPE)
                self.one_error(done, "standard output", "No space left")
                self.assertEqual(done.returncode, 70)

    def test_unwritable_place(self):
        (self.path("file")).write_text("x")
        for place in (self.path("absent") / "x", self.path("file") / "x",
                      self.path("")):
            done = reports.run("report", self.path("demo.tmk"), "-f", "html",
                               "-o", place)
            self.one_error(done, str(place).rstrip("/"))
            self.assertEqual(done.returncode, 70)

    def test_small_disk_keeps_what_was_there(self):
        script = ('mount -t tmpfs -o size=64k none "$1" && echo old > '
                  '"$1/r.html" && "$2" report "$3" -f html -o "$1/r.html"; '
                  'echo "code $?"; cat "$1/r.html"; ls -A "$1"')
        place = self.path("small")
        place.mkdir()
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", place,
             reports.TIDEMARK, self.path("demo.tmk")],
            capture_output=True, text=True)
        if "code" not in done.stdout:
            self.skipTest("no mount namespace: " + done.stderr)
        self.assertEqual(done.stdout.splitlines(), ["code 70", "old", "r.html"])
        self.assertIn("No space left", done.stderr)

    def test_writes_over_what_was_there_whole(self):
        out = self.path("twice.html")
        for name in ("demo", "gaps"):
            reports.run("report", self.path(name + ".tmk"), "-f", "html", "-o",
                        out)
            self.assertTrue(out.read_text().rstrip().endswith("</html>"))
        self.assertEqual([p.name for p in out.parent.glob("twice*")],
                         ["twice.html"])

    # ------------------------------------------------------------- pictures

    @unittest.skipIf(shutil.which("chromium") is None, "no chromium")
    def test_png_and_pdf(self):
        png = reports.rendered(self.path("demo.tmk"), "png", "--chart", "cpu")
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", png[16:24]), (880, 340))
        pdf = reports.rendered(self.path("demo.tmk"), "pdf")
        self.assertEqual(pdf[:5], b"%PDF-")
        text = subprocess.run(["pdftotext", "-", "-"], input=pdf,
                              capture_output=True, check=True).stdout.decode()
        self.assertIn("leaks 412 B of heap per request",
                      " ".join(text.split()))

    def test_pdf_without_a_browser_names_the_remedy(self):
        out = self.path("never.pdf")
        done = reports.run("report", self.path("demo.tmk"), "-f", "pdf", "-o",
                           out, env=dict(os.environ, PATH="/nonexistent"))
        self.one_error(done, "chromium", "apt-get install")
        self.assertFalse(out.exists())

    def test_unknown_chart_names_the_nearest(self):
        done = reports.run("report", self.path("demo.tmk"), "-f", "svg",
                           "--chart", "memry")
        self.one_error(done, "did you mean 'memory'")
        self.assertEqual(done.returncode, 64)

    # ---------------------------------------------------------- several hosts

    def joined(self, first, second):
        report = reports.report(self.path(first), self.path(second))
        figures_test.STRICT.validate(report)
        return report

    def test_two_hosts_in_one_report(self):
        alone = reports.report(self.path("demo.tmk"))
        both = self.joined("demo.tmk", "other_host.tmk")
        self.assertEqual([h["name"] for h in both["run"]["hosts"]],
                         ["testbox", "otherbox"])
        self.assertEqual(both["run"]["name"], "shop-soak")
        self.assertEqual(len(both["findings"]), 2 * len(alone["findings"]))
        self.assertEqual({f["role"] for f in both["findings"]},
                         {r + "@" + h for r in ("server", "cache")
                          for h in ("testbox", "otherbox")})
        leaks = [f for f in both["findings"] if f["verdict"] == "leak"
                 and f["resource"] == "heap"]
        self.assertEqual(len(leaks), 2)
        for leak in leaks:
            self.assertEqual(leak["sites"][0]["title"],
                             "Cart::checkout (cart.cpp:88)")
        self.assertEqual({p["path"] for p in both["phases"]},
                         {p + "@" + h for p in ("load", "rest", "warmup")
                          for h in ("testbox", "otherbox")})
        memory = next(c for c in both["timeline"]["charts"]
                      if c["id"] == "memory")
        self.assertEqual(len(memory["series"]), 4)
        self.assertEqual({len(s["mean"]) for s in memory["series"]},
                         {both["timeline"]["columns"]})
        self.assertEqual(both["verdict"]["exit_code"], 22)
        for form in FORMATS:
            self.assertTrue(reports.rendered(self.path("demo.tmk"), form,
                                             self.path("other_host.tmk")))

    def test_a_host_without_marks_is_judged_by_the_others_phases(self):
        both = self.joined("demo.tmk", "unmarked_host.tmk")
        paths = {p["path"] for p in both["phases"]}
        self.assertEqual(paths, {"warmup", "load", "rest"})
        load = [p for p in both["phases"] if p["path"] == "load"]
        self.assertEqual(len(load), 8)
        for phase in load:
            self.assertEqual({s["role"] for s in phase["subjects"]},
                             {"server@testbox", "cache@testbox",
                              "backend@quietbox"})
        backend = next(f for f in both["findings"]
                       if f["role"] == "backend@quietbox"
                       and f["resource"] == "rss_anon")
        # A curve alone is confirmed by ten cycles.
        self.assertEqual(backend["verdict"], "suspect")
        self.assertEqual(backend["cycles"], 8)
        self.assertIn("grows like a leak over 8 cycles", backend["reason"])


if __name__ == "__main__":
    unittest.main()
