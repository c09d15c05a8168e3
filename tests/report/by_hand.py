#!/usr/bin/python3
"""Readers that Debian does not have, on a report: axe-core on the page, in
Chromium; speedscope on folded and pprof; `go tool pprof` on pprof. Needs a
folder with node_modules/axe-core and node_modules/speedscope (npm install),
so it is no part of `make test`.

    by_hand.py TIDEMARK RECORDING FOLDER
"""
import base64
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tool"))
import browser


def check_page(run, page):
    """Violations of the page, dark and light, of every impact."""
    source = (run.modules / "axe-core/axe.min.js").read_text()
    serious = 0
    for scheme in ("light", "dark"):
        tab = page.open(run.file("html"), prefers_color_scheme=scheme)
        tab.value("document.querySelectorAll('details').forEach("
                  "(d) => { d.open = true; })")
        # Evaluated over the debugging pipe: the page's policy stays as it is.
        tab.value(source + ";0")
        found = json.loads(tab.value(
            "axe.run().then((r) => JSON.stringify({passes: r.passes.length,"
            "violations: r.violations.map((v) => ({id: v.id, impact: v.impact,"
            "nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)),"
            "count: v.nodes.length}))}))"))
        print(f"axe-core, {scheme}: {found['passes']} rules passed, "
              f"{len(found['violations'])} violated")
        for one in found["violations"]:
            print("  ", json.dumps(one))
            serious += one["impact"] in ("serious", "critical")
        tab.close()
    print(f"serious or critical: {serious}")
    return serious


def check_speedscope(run, page):
    """What speedscope's own page shows of our files."""
    folder = run.modules / "speedscope/dist/release"
    failed = 0
    for form in ("folded", "pprof"):
        tab = page.open(folder / "index.html", wait=False)
        name = f"heap.{'txt' if form == 'folded' else 'pb.gz'}"
        data = run.bytes(form)
        tab.value(
            "(() => {const bytes = Uint8Array.from(atob('" +
            base64.b64encode(data).decode() +
            "'), (c) => c.charCodeAt(0));"
            "const moved = new DataTransfer();"
            f"moved.items.add(new File([bytes], '{name}'));"
            "const drop = new DragEvent('drop', {dataTransfer: moved,"
            "bubbles: true, cancelable: true});"
            "(document.querySelector('body > *') || document.body)"
            ".dispatchEvent(drop)})()")
        page.settle(2)
        shown = tab.value("document.title + ' | ' + document.body.innerText")
        opened = name in shown
        failed += not opened
        print(f"speedscope, {form}:", " ".join(shown.split())[:200])
        tab.screenshot(run.folder / f"speedscope-{form}.png")
        tab.close()
    return failed


def check_pprof(run):
    done = subprocess.run(
        ["go", "tool", "pprof", "-top", "-cum", run.file("pprof")],
        capture_output=True, text=True)
    print(done.stdout[:1200], done.stderr[:400])
    return done.returncode


class Run:
    def __init__(self, program, recording, modules, folder):
        self.program, self.recording = program, recording
        self.modules = pathlib.Path(modules) / "node_modules"
        self.folder = pathlib.Path(folder)

    def file(self, form):
        path = self.folder / f"report.{form}"
        subprocess.run([self.program, "report", self.recording, "-f", form,
                        "-o", path], capture_output=True)
        return path

    def bytes(self, form):
        return self.file(form).read_bytes()


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 64
    with tempfile.TemporaryDirectory() as folder, browser.Browser() as page:
        run = Run(*sys.argv[1:], folder)
        failed = check_page(run, page) + check_speedscope(run, page)
        return 1 if failed + check_pprof(run) else 0


if __name__ == "__main__":
    sys.exit(main())
