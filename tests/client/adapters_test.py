#!/usr/bin/env python3
"""The examples of the README and of the adapters, each under its real framework and below a real
`tidemark record`: their phases must be in the recording."""
import pathlib
import re
import sys
import tempfile
import unittest

from recorded import BUILD, ROOT, phases, record

EXAMPLES = ROOT / "client" / "adapters" / "examples"

LIMITS = '''
import pytest
kept, cache = [], []

@pytest.mark.limit_rss("16 MiB")
def test_too_much():
    assert len(bytearray(b"x") * (64 << 20)) > 0

@pytest.mark.limit_leak_per_call("100 B", calls=100, rounds=3)
def test_leaks_objects():
    kept.append(bytearray(1000))

@pytest.mark.limit_leak_per_call("100 B", calls=100, rounds=3)
def test_leaks_c_memory():
    import ctypes
    malloc = ctypes.CDLL(None).malloc
    malloc.restype = ctypes.c_void_p
    assert malloc(1000)

@pytest.fixture
def word():
    return "word"

@pytest.mark.limit_leak_per_call("100 B", calls=100, rounds=3)
def test_warms_a_cache(word):
    if len(cache) < 50:
        cache.append(word * 100)

@pytest.mark.limit_rss("64 parsecs")
def test_has_no_size():
    pass

def test_fails():
    assert False
'''


class Adapters(unittest.TestCase):
    def recorded(self, *words, code=0, **more):
        run = record(list(map(str, words)), **more)
        self.assertEqual(run.code, code, run.output)
        self.assertEqual({p["status"] for p in run.report["phases"]},
                         {"ended"})
        return run, phases(run.report)

    def cycles(self, found, path):
        self.assertIn(path, found)
        return [phase["cycle"] for phase in found[path]]

    def test_the_three_languages(self):
        programs = ([BUILD / "examples" / "checkout_c"],
                    [BUILD / "examples" / "checkout_cpp"],
                    [sys.executable, ROOT / "client/examples/checkout.py"])
        for words in programs:
            with self.subTest(words[-1].name):
                run, found = self.recorded(*words)
                self.assertEqual(self.cycles(found, "steady"), [1, 2, 3])
                self.assertEqual(self.cycles(found, "rest"), [1, 2, 3])
                self.assertEqual(found["rest"][0]["kind"], "cooldown")
                self.assertEqual(run.report["run"]["name"], "soak")

    def test_gtest(self):
        run, found = self.recorded(BUILD / "examples" / "gtest_example",
                                   "--gtest_repeat=3")
        for path in ("Basket.TotalsItsItems", "Basket.EmptyIsFree", "rest"):
            self.assertEqual(self.cycles(found, path), [1, 2, 3])
        self.assertEqual(found["rest"][0]["kind"], "cooldown")
        self.assertEqual(run.report["run"]["name"], "basket tests")

    def test_gtest_once_does_not_wait(self):
        _, found = self.recorded(BUILD / "examples" / "gtest_example")
        self.assertEqual(set(found), {"Basket.TotalsItsItems",
                                      "Basket.EmptyIsFree"})

    def test_google_benchmark(self):
        run, found = self.recorded(BUILD / "examples" / "benchmark_example",
                                   "--benchmark_min_time=0.2")
        self.assertGreaterEqual(len(self.cycles(found, "append_words")), 2)
        # Its pass over the heap runs the benchmark once more, inside.
        self.assertEqual(self.cycles(found, "memory"), [1])
        self.assertEqual(self.cycles(found, "memory/append_words"), [1])
        self.assertIn("append_words", run.output)
        self.assertEqual(run.report["run"]["name"], "benchmarks")

    def test_catch2(self):
        _, found = self.recorded(BUILD / "examples" / "catch2_example")
        for path in ("a basket", "a basket/holds its items",
                     "a basket/can be emptied"):
            self.assertEqual(self.cycles(found, path), [1])

    def test_pytest(self):
        name = "pytest_example.py"
        run, found = self.recorded(
            sys.executable, "-m", "pytest", "-p", "tidemark.pytest_plugin",
            "-p", "no:cacheprovider", "--rootdir", EXAMPLES, EXAMPLES / name)
        for test in ("test_a_basket_is_small", "test_a_basket_is_forgotten"):
            for part in ("", "/setup", "/call", "/teardown"):
                self.assertEqual(self.cycles(found, f"{name}::{test}{part}"),
                                 [1])
        self.assertIn("= tidemark =", run.output)
        self.assertIn("phases are in the recording", run.output)

    def test_pytest_limits(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "test_limits.py"
            file.write_text(LIMITS)
            run, _ = self.recorded(
                sys.executable, "-m", "pytest", "-p", "tidemark.pytest_plugin",
                "-p", "no:cacheprovider", "-rA", "--rootdir", folder, file,
                code=1)
        said = run.output
        for name in ("test_too_much", "test_leaks_objects",
                     "test_leaks_c_memory", "test_has_no_size", "test_fails"):
            self.assertRegex(said, rf"(?m)^(FAILED|ERROR) .*::{name}\b")
        self.assertRegex(said, r"(?m)^PASSED .*::test_warms_a_cache")
        self.assertRegex(said, r"test_too_much added 6\d\.\d MiB")
        kept = re.search(r"test_leaks_objects keeps ([\d.]+) (B|KiB)", said)
        self.assertEqual(kept[2], "KiB")
        # 1000 bytes, and what the heap needs to keep them.
        self.assertRegex(said, r"test_leaks_c_memory keeps (1\.\d KiB|10\d\d)")
        self.assertIn("not a size", said)

    def test_locust(self):
        run, found = self.recorded(
            sys.executable, "-m", "locust", "-f",
            EXAMPLES / "locust_example.py", "--headless", "-u", "5", "-r", "5",
            "-t", "3s")
        for path, kind in (("ramp", "ramp"), ("steady", "steady"),
                           ("cooldown", "cooldown")):
            self.assertEqual([p["kind"] for p in found[path]], [kind])
        self.assertGreater(found["steady"][0]["ops"]["request"], 50)
        self.assertIn("fill", [s["name"] for s in found["steady"][0]["spans"]])
        self.assertEqual(run.report["run"]["name"], "basket test")


if __name__ == "__main__":
    unittest.main()
