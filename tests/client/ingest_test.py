#!/usr/bin/env python3
"""`tidemark ingest`: the output of load generators, put into a recording. The
samples are small ones in the generators' documented forms; wrk's is real."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest
from datetime import datetime, timezone

from recorded import TIDEMARK

HERE = pathlib.Path(__file__).resolve().parent / "generators"


def stamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(
        timespec="microseconds").replace("+00:00", "Z")


def lines(rows):
    return "".join(json.dumps(row, separators=(",", ":")) + "\n"
                   for row in rows)


class Ingest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tidemark-ingest-")
        cls.place = pathlib.Path(cls.folder.name)
        done = subprocess.run(
            [TIDEMARK, "record", "-q", "--heap=off", "--interval=100ms",
             "--budget=100%", "-o", cls.place / "run.tmk", "--", "sh", "-c",
             f"sleep 0.4; {TIDEMARK} phase begin steady --kind load; sleep 1; "
             f"{TIDEMARK} phase end steady; sleep 0.4"], capture_output=True,
            text=True)
        assert done.returncode == 0, done.stderr
        cls.original = cls.report(cls.place / "run.tmk")
        (phase,) = [p for p in cls.original["phases"] if p["path"] == "steady"]
        # In the midst of the phase, in wall-clock seconds.
        cls.middle = (phase["begin_ns"] + phase["end_ns"]) / 2e9

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def report(path):
        return json.loads(subprocess.run(
            [TIDEMARK, "report", "-f", "json", path], check=True,
            capture_output=True).stdout)

    def ingest(self, name, text, *options, code=0):
        """The report of the run with it, and what was said."""
        file = self.place / name
        file.write_text(text)
        run = self.place / "copy.tmk"
        run.unlink(missing_ok=True)
        shutil.copy(self.place / "run.tmk", run)
        before = run.read_bytes()
        done = subprocess.run([TIDEMARK, "ingest", run, file, *options],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual([p.name for p in self.place.glob("*.ingest-*")], [])
        if code != 0:
            self.assertEqual(run.read_bytes(), before, "it was touched")
            return None, done.stderr
        self.assertEqual(subprocess.run([TIDEMARK, "verify", run],
                                        capture_output=True).returncode, 0)
        return self.report(run), done.stderr

    def steady(self, report):
        (phase,) = [p for p in report["phases"] if p["path"] == "steady"]
        return phase

    def spans(self, report):
        return {s["name"]: s for s in self.steady(report)["spans"]}

    def figures(self, name):
        """The figures of a whole run are gauges of the recording."""
        done = subprocess.run([TIDEMARK, "info", self.place / "copy.tmk"],
                              capture_output=True, text=True, check=True)
        self.assertIn(name, done.stdout)

    def points(self):
        return [self.middle + i * 0.004 for i in range(-50, 50)]

    def test_k6_points(self):
        rows = [{"type": "Metric", "data": {"name": "http_req_duration"},
                 "metric": "http_req_duration"}]
        for i, at in enumerate(self.points()):
            rows.append({"type": "Point", "metric": "http_req_duration", "data":
                         {"time": stamp(at), "value": 12.5, "tags":
                          {"name": "GET /cart", "expected_response":
                           "false" if i % 10 == 0 else "true"}}})
            rows.append({"type": "Point", "metric": "iterations", "data":
                         {"time": stamp(at), "value": 1}})
            rows.append({"type": "Point", "metric": "vus", "data":
                         {"time": stamp(at), "value": 3}})
        report, said = self.ingest("k6.json", lines(rows))
        self.assertIn("200 of 200 records", said)
        self.assertEqual(self.steady(report)["ops"],
                         {"GET /cart": 100, "iterations": 100})
        span = self.spans(report)["GET /cart"]
        self.assertEqual(span["count"], 100)
        # Nothing else of the recording has changed.
        for key in ("findings", "processes"):
            if key in self.original:
                self.assertEqual(len(report[key]), len(self.original[key]))

    def test_jtl(self):
        text = ("timeStamp,elapsed,label,responseCode,responseMessage,"
                "threadName,success,bytes\n")
        for i, at in enumerate(self.points()):
            text += (f'{round(at * 1000)},20,"Home, page",200,OK,t 1-1,'
                     f'{"true" if i % 4 else "false"},100\n')
        report, _ = self.ingest("results.jtl", text)
        self.assertEqual(self.steady(report)["ops"], {"Home, page": 100})

    def test_vegeta(self):
        rows = [{"attack": "", "seq": i, "code": 200, "timestamp": stamp(at),
                 "latency": 5_000_000, "bytes_out": 0, "bytes_in": 6,
                 "error": "", "method": "GET", "url": "http://127.0.0.1/"}
                for i, at in enumerate(self.points())]
        report, _ = self.ingest("hits.json", lines(rows))
        self.assertEqual(self.steady(report)["ops"], {"hit": 100})
        self.ingest("report.json", json.dumps(
            {"latencies": {"total": 1, "mean": 2_000_000, "99th": 5_000_000},
             "requests": 100, "rate": 10.0, "throughput": 9.9,
             "success": 1, "status_codes": {"200": 100}, "errors": []}))
        self.figures("gauge.vegeta.latency.99th")

    def test_locust(self):
        head = ("Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,95%,"
                "Total Request Count,Total Failure Count,"
                "Total Median Response Time\n")
        text = head
        for i, at in enumerate((self.middle - 0.3, self.middle + 0.3)):
            text += f"{at},10,GET,/cart,5,0,11,20,{100 + 50 * i},{i},12\n"
            text += f"{at},10,,Aggregated,5,0,11,20,{100 + 50 * i},{i},12\n"
        report, _ = self.ingest("x_stats_history.csv", text)
        self.assertEqual(self.steady(report)["ops"]["/cart"] % 50, 0)
        self.ingest("x_stats.csv", "Type,Name,Request Count,Failure Count,"
                    "Median Response Time,Requests/s,95%\n"
                    "GET,/cart,150,1,12,7.5,20\n,Aggregated,150,1,12,7.5,N/A\n")
        self.figures("gauge.locust./cart.95%")

    def test_k6_summary(self):
        self.ingest("summary.json", json.dumps({
            "metrics": {"iterations": {"count": 100, "rate": 10},
                        "http_req_duration": {"avg": 12.5, "p(95)": 20}},
            "root_group": {}}, indent=2))
        self.figures("gauge.k6.http_req_duration.p(95)")

    def test_wrk(self):
        self.ingest("wrk.txt", (HERE / "wrk.txt").read_text())
        self.figures("gauge.wrk.latency.p99")
        self.figures("gauge.wrk.requests_per_second")

    def test_an_ingest_of_nothing_leaves_the_report_as_it_was(self):
        report, _ = self.ingest("empty.txt", "Running 1s test @ x\n"
                                "Requests/sec: 1\n")
        for key in self.original:
            if key in ("recording", "metrics", "events", "notes", "timeline"):
                continue
            if key in report and "ingested" not in json.dumps(report[key]):
                self.assertEqual(json.dumps(report[key]),
                                 json.dumps(self.original[key]), key)

    def test_what_is_wrong_is_told_and_nothing_is_touched(self):
        for text, why in (
                ("hello", "not the output of a generator"),
                ("", "not the output of a generator"),
                ("timeStamp,elapsed,label\n1,2,3\n", "success are needed"),
                ("timeStamp,elapsed,label,success\nx,2,a,true\n", "line 2"),
                ("timeStamp,elapsed,label,success\n1,2\n", "fields are missing"),
                ('{"type":"Point","metric":"iterations","data":{}}\n',
                 "line 1: a point without"),
                ('{"type":"Point"\n', "not a JSON object"),
                ('{"latency":-1,"timestamp":"x"}\n', "out of range"),
                ("Running 1s test @ x\n", "cut off"),
                ("Timestamp,User Count,Name\n1,2,3\n", "not Locust's columns"),
                ("timeStamp,elapsed,label,success\n1000,2,a,true\n",
                 "none of it lies within the recording")):
            _, said = self.ingest("wrong", text, code=64)
            self.assertIn(why, said)
        _, said = self.ingest("wrk.txt", "Running 1s test @ x\n", "--format",
                              "dance", code=64)
        self.assertIn("no such format; there are: k6_json", said)


if __name__ == "__main__":
    unittest.main()
