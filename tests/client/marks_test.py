#!/usr/bin/env python3
"""`tidemark marks`: the line protocol, below a real `tidemark record`."""
import subprocess
import unittest

from recorded import TIDEMARK, phases, record

SAID = """# a whole test
run begin shell test
attribute users 50
op request 0
span step 0.001
gauge users 1

"""
PARTS = """op request 10
failed request
counter hits 3
span step 0.25 failed
gauge users 7
note half way
phase begin inner
phase end inner
"""
WRONG = """phase begin
phase begin a no_such_kind
phase middle a
gauge users many
gauge users nan
span step -1
op request 1 2
run end well
dance
""" + "note " + "x" * 9000 + "\n"


class Marks(unittest.TestCase):
    def record(self, code=0):
        script = (f"{{ cat <<'E'\n{SAID}E\nsleep 0.4; "
                  # An edge is read up to 10 ms after its mark.
                  f"echo phase begin steady steady; sleep 0.1; "
                  f"cat <<'E'\n{PARTS}E\n"
                  f"sleep 0.3; printf 'phase end steady\\nrun end'; }} | "
                  f"{TIDEMARK} marks")
        run = record(["sh", "-c", script])
        self.assertEqual(run.code, code, run.output)
        return run.report

    def test_lines_become_marks_and_figures(self):
        report = self.record()
        found = phases(report)
        self.assertEqual(found["steady"][0]["kind"], "steady")
        self.assertEqual(found["steady"][0]["status"], "ended")
        self.assertEqual(len(found["steady/inner"]), 1)
        self.assertEqual(report["run"]["name"], "shell test")
        self.assertEqual(found["steady"][0]["ops"], {"request": 10})
        self.assertEqual([s["name"] for s in found["steady"][0]["spans"]],
                         ["step"])

    def test_wrong_lines_are_told_and_the_others_count(self):
        run = record(["sh", "-c", f"cat <<'E' | {TIDEMARK} marks\n{WRONG}"
                      "phase begin right\nphase end right\nE"])
        self.assertEqual(run.code, 64, run.output)
        for number in range(1, 11):
            self.assertIn(f"line {number}: ", run.output)
        self.assertIn("10 lines were refused", run.output)
        self.assertEqual(len(phases(run.report)["right"]), 1)

    def test_without_a_daemon_it_says_so(self):
        done = subprocess.run([TIDEMARK, "marks"], input="note x\n", text=True,
                              capture_output=True,
                              env={"TIDEMARK_SOCKET": "/nonexistent.sock"})
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no daemon", done.stderr)


if __name__ == "__main__":
    unittest.main()
