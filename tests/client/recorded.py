"""Records a program with the tidemark that was built and returns its report."""
import collections
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["TIDEMARK_BUILD"])
TIDEMARK = BUILD / "cli" / "tidemark"

Recorded = collections.namedtuple("Recorded", "code output report text")


def record(words, stdin=None, options=(), **environment):
    env = dict(os.environ, TIDEMARK_LIBRARY=str(
        BUILD / "client" / "libtidemark.so.0"), PYTHONPATH=os.pathsep.join(
            (str(ROOT / "client" / "python"), str(ROOT / "client" /
                                                  "adapters"))),
        PYTHONDONTWRITEBYTECODE="1", **environment)
    env.pop("TIDEMARK_SOCKET", None)
    with tempfile.TemporaryDirectory(prefix="tidemark-client-") as folder:
        file = pathlib.Path(folder) / "run.tmk"
        done = subprocess.run(
            [TIDEMARK, "record", "-q", "--heap=off", "--interval=100ms",
             "--budget=100%", "-o",
             file, *options, *(["--", *words] if words else [])],
            env=env, stdin=stdin or subprocess.DEVNULL, capture_output=True,
            text=True, timeout=240)
        output = done.stdout + done.stderr
        report = subprocess.run([TIDEMARK, "report", "-f", "json", file],
                                capture_output=True, text=True)
        if not report.stdout:
            raise AssertionError(output + report.stderr)
        text = subprocess.run([TIDEMARK, "report", "-f", "text", file],
                              capture_output=True, text=True)
        return Recorded(done.returncode, output, json.loads(report.stdout),
                        text.stdout)


def phases(report):
    """path: its cycles, in order."""
    found = collections.defaultdict(list)
    for phase in report["phases"]:
        found[phase["path"]].append(phase)
    return found
