"""Reports of the recordings that write_recordings makes."""
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["TIDEMARK_BUILD"])
TIDEMARK = BUILD / "cli" / "tidemark"
WRITE = BUILD / "tests" / "report" / "write_recordings"

GATES = ("--gate", "max(rss_anon{role='server'}) < 10MiB",
         "--gate", "max(rss_anon{role='cache'}) < 1GiB",
         "--gate", "max(rss_anon{role='nobody'}) < 1GiB")


class Recordings(tempfile.TemporaryDirectory):
    """A folder with demo.tmk, gaps.tmk, ..."""

    def __init__(self):
        super().__init__(prefix="tidemark-report-")
        subprocess.run([WRITE, "runs", self.name], check=True)

    def __truediv__(self, name):
        return pathlib.Path(self.name) / name


def run(*words, **more):
    return subprocess.run([TIDEMARK, *map(str, words)], capture_output=True,
                          timeout=120, **more)


def rendered(recording, form, *options):
    """The bytes of a report that was written."""
    done = run("report", recording, "-f", form, *options)
    if not done.stdout:
        raise AssertionError(done.stderr.decode())
    return done.stdout


def report(recording, *options):
    return json.loads(rendered(recording, "json", *options))
