#!/usr/bin/python3
"""Takes the pictures of the report's first screen again, light and dark.

    docs/pictures/report.py RECORDING [BUILD]

RECORDING: what `make demo` wrote.
"""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "tool"))
import browser


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 64
    build = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "build/release")
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / "report.html"
        subprocess.run([build / "cli" / "tidemark", "report", sys.argv[1],
                        "-f", "html", "-o", page], check=False)
        with browser.Browser(1180, 860) as chromium:
            for scheme in ("light", "dark"):
                tab = chromium.open(page, prefers_color_scheme=scheme)
                tab.screenshot(HERE / f"report-{scheme}.png")
                tab.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
