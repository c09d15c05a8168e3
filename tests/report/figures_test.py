#!/usr/bin/python3
"""All formats of one recording say the same figures as report.json, and
report.json is what its schema says, of good and of poor recordings."""
import csv
import gzip
import io
import json
import math
import os
import re
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import html5lib
import jsonschema

import perfetto_reader
import pprof_reader
import reports

SCHEMA = json.loads((reports.ROOT / "docs/report.schema.json").read_text())


def closed(schema):
    """The same schema, with which a name that it does not have is an error."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: closed(part) for name, part in schema.items()}
    if schema.get("type") == "object":
        strict.setdefault("additionalProperties", False)
    return strict


STRICT = jsonschema.Draft202012Validator(closed(SCHEMA))


def texts(node):
    return " ".join("".join(node.itertext()).split())


class Schema(unittest.TestCase):
    def test_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_holds_for_every_recording(self):
        with reports.Recordings() as folder:
            for name in ("demo", "one_tick", "aborted", "gaps", "two_runs",
                         "torn", "damaged", "unmarked"):
                with self.subTest(name):
                    STRICT.validate(
                        reports.report(f"{folder}/{name}.tmk", *reports.GATES))

    def test_can_fail(self):
        with reports.Recordings() as folder:
            report = reports.report(f"{folder}/demo.tmk")
        report["findings"][0]["verdict"] = "perhaps"
        self.assertFalse(STRICT.is_valid(report))
        report["findings"][0]["verdict"] = "leak"
        report["phases"][0]["more"] = 1
        self.assertFalse(STRICT.is_valid(report))


class Figures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = reports.Recordings()
        cls.recording = f"{cls.folder.name}/demo.tmk"
        cls.report = cls.rendered_json()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def rendered_json(cls):
        return json.loads(reports.rendered(cls.recording, "json",
                                           *reports.GATES))

    def rendered(self, form, *options):
        return reports.rendered(self.recording, form, *options)

    def test_the_run_is_worth_comparing(self):
        self.assertEqual([g["status"] for g in self.report["gates"]],
                         ["fail", "pass", "inconclusive"])
        self.assertTrue(any(f["sites"] for f in self.report["findings"]))
        self.assertTrue(self.report["spans"])
        self.assertGreater(len(self.report["timeline"]["charts"]), 10)
        self.assertEqual(self.report["verdict"]["exit_code"], 22)

    # --------------------------------------------------------------- csv

    def same(self, cell, figure):
        if figure is None:
            return cell is None
        if isinstance(figure, (int, float)):
            return cell is not None and math.isclose(float(cell), figure,
                                                     rel_tol=1e-12)
        return cell in (figure, "'" + str(figure))

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(
            self.rendered("csv", *reports.GATES).decode())))
        cells = {}
        for row in rows:
            key = (row["kind"], row["phase"], row["cycle"], row["pid"],
                   row["name"])
            cells.setdefault(key, {})[row["statistic"]] = row["value"]
        compared = 0

        def compare(key, figures, names):
            nonlocal compared
            for name in names:
                self.assertTrue(
                    self.same(cells.get(key, {}).get(name), figures[name]),
                    f"{key} {name}: {cells.get(key, {}).get(name)} "
                    f"is not {figures[name]}")
                compared += 1

        def levels(key, figures, names):
            for name in names:
                if figures[name]:
                    flat = {f"{name}_{k}": v for k, v in figures[name].items()}
                    compare(key, flat, flat)

        for gate in self.report["gates"]:
            compare(("gate", gate["phase"] or "", "", "", gate["expr"]), gate,
                    ("status", "value", "limit", "n", "reason", "subject"))
        for phase in self.report["phases"]:
            where = (phase["path"], str(phase["cycle"]))
            compare(("phase", *where, "", ""), phase, ("kind", "status"))
            for subject in phase["subjects"]:
                key = ("process", *where, str(subject["pid"]), "")
                compare(key, subject, (
                    "cpu_seconds", "io_read_bytes", "io_write_bytes",
                    "minor_faults", "major_faults", "run_delay_seconds"))
                levels(key, subject, ("cpu_ratio", "rss_anon_bytes", "fds",
                                      "threads"))
                per_op = {"per_op_" + k: v
                          for k, v in subject["per_op"].items()}
                compare(key, per_op, per_op)
            for span in phase["spans"]:
                compare(("span", *where, "", span["name"]), span,
                        [k for k in span if k != "name"])
        for span in self.report["spans"]:
            compare(("span", span["path"], "all", "", span["name"]), span,
                    [k for k in span
                     if k not in ("name", "path", "histogram")])
        for finding in self.report["findings"]:
            key = ("finding", "", "", str(finding["pid"]), finding["resource"])
            compare(key, finding, (
                "verdict", "class", "confirmed_by", "reason", "cycles",
                "q_value", "min_detectable_per_minute", "needed_seconds"))
            slope = {"slope_per_minute" + ("" if k == "value" else "_" + k): v
                     for k, v in finding["slope_per_minute"].items()}
            compare(key, slope, slope)
            for site in finding["sites"]:
                key = ("site", "", "", str(finding["pid"]),
                       f"{finding['resource']}: {site['title']}")
                compare(key, site, ("kind", "class", "live_count",
                                    "alloc_bytes", "alloc_count", "share"))
                if site["live_bytes"]:
                    compare(key, {"live_bytes": site["live_bytes"]["value"],
                                  "live_bytes_hi": site["live_bytes"]["hi"]},
                            ("live_bytes", "live_bytes_hi"))
        quality = dict(self.report["quality"])
        quality.update({"self_" + k: v for k, v in quality["self"].items()})
        compare(("quality", "", "", "", ""), quality,
                ("coverage", "self_cpu_seconds", "self_rss_peak_bytes"))
        self.assertGreater(compared, 1000)

    # ------------------------------------------------------------- junit

    def test_junit(self):
        suite = xml.etree.ElementTree.fromstring(
            self.rendered("junit", *reports.GATES))[0]
        cases = suite.findall("testcase")
        gates = [c for c in cases if c.get("classname") == "gate"]
        self.assertEqual(
            [next(iter(c)).tag if len(c) else "passed" for c in gates],
            ["failure", "passed", "skipped"])
        for case, gate in zip(gates, self.report["gates"]):
            self.assertIn(gate["expr"], case.get("name"))
            self.assertIn(f"(n = {gate['n']})" if gate["n"] else "",
                          case.get("name"))
        leaks = [c for c in cases if c.get("classname").startswith("leak.")]
        self.assertEqual(len(leaks), len(self.report["findings"]))
        for case, finding in zip(leaks, self.report["findings"]):
            self.assertIn(f"pid {finding['pid']}", case.get("name"))
            self.assertIn(f": {finding['verdict']},", case.get("name"))
            expected = {"leak": "failure", "suspect": "skipped",
                        "inconclusive": "skipped"}.get(finding["verdict"])
            self.assertEqual(case[0].tag if len(case) else None, expected)
        self.assertEqual(int(suite.get("tests")), len(cases))
        self.assertEqual(int(suite.get("failures")),
                         len(suite.findall("testcase/failure")))
        properties = {p.get("name"): p.get("value")
                      for p in suite.iter("property")}
        self.assertEqual(properties["status"],
                         self.report["verdict"]["status"])
        self.assertEqual(int(properties["exit_code"]),
                         self.report["verdict"]["exit_code"])

    # -------------------------------------------- text, Markdown, HTML

    def words_of(self, form):
        """A report for people as words, one blank between two."""
        data = self.rendered(form, *reports.GATES)
        if form == "text":
            return " ".join(data.decode().split())
        if form == "md":
            data = subprocess.run(
                ["cmark-gfm", "--unsafe", "-e", "table"], input=data,
                capture_output=True, check=True).stdout
        page = html5lib.parse(data, namespaceHTMLElements=False)
        for parent in page.iter():
            for child in list(parent):
                if child.tag in ("script", "style"):
                    child.text = ""
        return " ".join(" ".join(page.itertext()).split())

    def test_texts_for_people_say_the_same(self):
        leak = self.report["findings"][0]
        slope = leak["slope_per_op"]
        self.assertEqual(leak["verdict"], "leak")
        said = [self.report["verdict"]["headline"],
                leak["sites"][0]["title"],
                f"(pid {leak['pid']})"]
        said += [gate["expr"] for gate in self.report["gates"]]
        for form in ("text", "md", "html"):
            words = self.words_of(form)
            for one in said:
                self.assertIn(one, words, form)
            told = re.search(r"leaks (\d+) B of heap per request "
                             r"\[(\d+), (\d+)\]", words)
            for text, name in zip(told.groups(), ("value", "lo", "hi")):
                self.assertLess(abs(int(text) - slope[name]), 1)
            self.assertRegex(words,
                             "[Ee]xit code 22",
                             form)

    def test_html_draws_the_timeline_of_report_json(self):
        page = html5lib.parse(self.rendered("html", *reports.GATES),
                              namespaceHTMLElements=False)
        data = json.loads(page.find(".//script[@id='data']").text)
        self.assertEqual(data["timeline"], self.report["timeline"])

    def test_html_table_of_findings(self):
        page = html5lib.parse(self.rendered("html"),
                              namespaceHTMLElements=False)
        table = next(t for t in page.iter("table")
                     if texts(t.find("caption")) == "Every finding")
        rows = [[texts(cell) for cell in row] for row in table.find("tbody")]
        self.assertEqual(len(rows), len(self.report["findings"]))
        words = {"leak": "Leak", "suspect": "Suspect", "none": "None",
                 "saturating": "Filling", "step": "Step",
                 "startup": "Start-up", "inconclusive": "Undecided"}
        for row, finding in zip(rows, self.report["findings"]):
            self.assertIn(str(finding["pid"]), row[0])
            self.assertTrue(row[2].endswith(words[finding["verdict"]]), row)
            self.assertEqual(int(row[6]), finding["slope_per_minute"]["n"])

    # -------------------------------------------------------- perfetto

    def test_perfetto(self):
        trace = perfetto_reader.Trace(self.rendered("perfetto"))
        offset = trace.realtime - trace.boottime
        slices = sorted((s.begin + offset, s.end + offset, s.name)
                        for s in trace.slices)
        cycles = {}
        for phase in self.report["phases"]:
            cycles[phase["path"]] = cycles.get(phase["path"], 0) + 1
        expected = sorted(
            (p["begin_ns"], p["end_ns"],
             p["path"] + (f"#{p['cycle']}" if cycles[p["path"]] > 1 else ""))
            for p in self.report["phases"])
        self.assertEqual(slices, expected)
        timeline = self.report["timeline"]
        groups = [t for t in trace.tracks.values() if t.children_count]
        charts = {c["title"]: c for c in timeline["charts"]}
        compared = 0
        for title, chart in charts.items():
            group = [t for t in trace.tracks.values()
                     if t.name == title and not t.is_counter]
            self.assertEqual(len(group), 1, title)
            for series in chart["series"]:
                track = [t for t in trace.tracks.values()
                         if t.parent == group[0].uuid
                         and t.name == series["name"]]
                self.assertEqual(len(track), 1, (title, series["name"]))
                values = [(i, v) for i, v in enumerate(series["mean"])
                          if v is not None]
                self.assertEqual(len(track[0].values), len(values))
                for (time, value), (column, mean) in zip(track[0].values,
                                                         values):
                    self.assertEqual(time + offset, timeline["begin_ns"] +
                                     column * timeline["column_ns"])
                    # report.json has five digits
                    self.assertTrue(math.isclose(value, mean, rel_tol=5e-5,
                                                 abs_tol=1e-9))
                    compared += 1
        self.assertGreater(compared, 3000)
        self.assertTrue(groups)
        self.assertIn("cache warmed", " ".join(n for _, n in trace.instants))

    # ----------------------------------------------------- openmetrics

    def test_openmetrics(self):
        text = self.rendered("openmetrics").decode()
        charts = {c["id"]: c for c in self.report["timeline"]["charts"]}
        memory = {s["name"]: [v for v in s["mean"] if v is not None]
                  for s in charts["memory"]["series"]}
        found = {}
        for role, value in re.findall(
                r'^tidemark_process_resident_memory_bytes\{role="([^"]*)",'
                r'type="anon"\} (\S+) ', text, re.M):
            found.setdefault(role, []).append(float(value))
        self.assertEqual(set(found), set(memory))
        for role, values in memory.items():
            for a, b in zip(found[role], values, strict=True):
                self.assertTrue(math.isclose(a, b, rel_tol=5e-5))

    def test_openmetrics_fills_a_prometheus(self):
        with tempfile.TemporaryDirectory() as folder:
            source = f"{folder}/run.om"
            with open(source, "wb") as file:
                file.write(self.rendered("openmetrics"))
            done = subprocess.run(
                ["promtool", "tsdb", "create-blocks-from", "openmetrics",
                 source, f"{folder}/data"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            os.mkdir(f"{folder}/data/wal")  # without one it dumps nothing
            dumped = subprocess.run(
                ["promtool", "tsdb", "dump", f"{folder}/data"],
                capture_output=True, text=True, check=True).stdout
        series = next(s for c in self.report["timeline"]["charts"]
                      if c["id"] == "memory" for s in c["series"]
                      if s["name"] == "server")
        stored = [float(v) for v in re.findall(
            r'__name__="tidemark_process_resident_memory_bytes", '
            r'role="server".*\} (\S+) \d+', dumped)]
        self.assertTrue(stored)
        self.assertTrue(math.isclose(
            max(stored), max(v for v in series["mean"] if v is not None),
            rel_tol=5e-5))

    # ---------------------------------------------------------- profiles

    def test_profiles_agree_with_the_sites(self):
        profile = pprof_reader.Profile(gzip.decompress(self.rendered("pprof")))
        live = [t for t, _ in profile.types].index("inuse_space")
        by_title = {}
        for values, _, frames in profile.samples:
            key = " < ".join(frames)
            by_title[key] = by_title.get(key, 0) + values[live]
        heap = next(f for f in self.report["findings"]
                    if f["resource"] == "heap" and f["sites"])
        for site in heap["sites"]:
            name = next((f["function"] for f in site["frames"]
                         if f["function"] and f["function"] in site["title"]),
                        None)
            if name is None:
                continue
            alive = sum(v for k, v in by_title.items() if name in k)
            self.assertEqual(alive, site["live_bytes"]["value"], name)
        folded = self.rendered("folded").decode().splitlines()
        self.assertEqual(
            sum(int(line.rsplit(" ", 1)[1]) for line in folded),
            sum(by_title.values()))


if __name__ == "__main__":
    unittest.main()
