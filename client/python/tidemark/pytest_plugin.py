"""pytest under Tidemark: each test is a phase.

    tidemark record -- python3 -m pytest -p tidemark.pytest_plugin

    @pytest.mark.limit_rss("64 MiB")            # more than this: the test fails
    def test_loads_little(): ...

    @pytest.mark.limit_leak_per_call("16 B", calls=200, rounds=5)
    def test_forgets(): ...                     # called over and over

limit_rss bounds what the test's call added to the process's peak memory.
limit_leak_per_call calls the test's function `calls` times in each of `rounds`
rounds, after one round that may fill caches, and bounds the median growth of a
call: of Python's objects (tracemalloc) or of the C heap, whichever grew more.
Both work without a daemon; with one the phases are in its recording.
"""
import ctypes
import gc
import re
import statistics
import tracemalloc

import pytest

from . import Session

_UNITS = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024,
          "MIB": 1024**2, "GIB": 1024**3}


def parse_bytes(text):
    if isinstance(text, (int, float)):
        return text
    match = re.fullmatch(r"\s*([0-9.]+)\s*([A-Za-z]+)\s*", text)
    if not match or match[2].upper() not in _UNITS:
        raise pytest.UsageError(f"not a size: {text!r}; write it like 64 MiB")
    return float(match[1]) * _UNITS[match[2].upper()]


def show_bytes(value):
    for unit, size in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if abs(value) >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.1f} B" if value % 1 else f"{value:.0f} B"


class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks",
        "uordblks", "fordblks", "keepcost")]


def _c_heap_reader():
    """None where the C library has no mallinfo2 (glibc has, since 2.33)."""
    try:
        function = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return None
    function.restype = Mallinfo2
    return function


_mallinfo2 = _c_heap_reader()


def c_heap():
    if _mallinfo2 is None:
        return 0
    info = _mallinfo2()
    return info.uordblks + info.hblkhd


def _status(key):
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    return 0


class PeakMemory:
    """What a scope added to the peak of resident memory."""

    def __enter__(self):
        try:
            with open("/proc/self/clear_refs", "w") as file:
                file.write("5")  # proc(5): the peak begins anew
        except OSError:
            pass  # then the growth of the peak so far is what can be seen
        self._before = _status("VmRSS")
        self._peak = _status("VmHWM")
        return self

    def __exit__(self, kind, value, trace):
        peak = _status("VmHWM")
        grown = peak - self._before if peak > self._peak else 0
        self.added = max(grown, _status("VmRSS") - self._before, 0)


def leak_per_call(function, calls, rounds):
    """The median growth of a call, in bytes."""
    started = not tracemalloc.is_tracing()
    if started:
        tracemalloc.start(1)
    try:
        growths = []
        for _ in range(rounds + 1):
            gc.collect()
            before = (tracemalloc.get_traced_memory()[0], c_heap())
            for _ in range(calls):
                function()
            gc.collect()
            after = (tracemalloc.get_traced_memory()[0], c_heap())
            growths.append(max(after[0] - before[0], after[1] - before[1]))
        return max(0.0, statistics.median(growths[1:]) / calls)
    finally:
        if started:
            tracemalloc.stop()


class Plugin:
    def __init__(self):
        self.session = Session("pytest")
        self.test = self.session.op("test")
        self.rows = []

    def pytest_sessionstart(self):
        self.run = self.session.run("pytest")
        self.run.__enter__()

    def pytest_sessionfinish(self, exitstatus):
        self.run.end("ok" if exitstatus == 0 else "failed")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item):
        with self.session.phase(item.nodeid):
            yield
        self.test.inc()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_setup(self, item):
        with self.session.phase("setup", kind="setup"):
            yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_teardown(self, item):
        with self.session.phase("teardown", kind="teardown"):
            yield

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_call(self, item):
        mark = item.get_closest_marker("limit_rss")
        limit = parse_bytes(mark.args[0]) if mark else None
        with self.session.phase("call", kind="load"), PeakMemory() as memory:
            outcome = yield
        said = ""
        if limit is not None and memory.added > limit:
            said = (f"{item.nodeid} added {show_bytes(memory.added)} to "
                    f"resident memory, more than {show_bytes(limit)}")
        self.rows.append([item.nodeid, memory.added,
                          getattr(item, "tidemark_leak", None)])
        if outcome.excinfo is not None:
            self.test.fail()
        elif said:
            self.test.fail()
            outcome.force_result(None)
            pytest.fail(said, pytrace=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        mark = pyfuncitem.get_closest_marker("limit_leak_per_call")
        if mark is None:
            return None
        limit = parse_bytes(mark.args[0])
        names = pyfuncitem._fixtureinfo.argnames
        arguments = {name: pyfuncitem.funcargs[name] for name in names}
        leak = leak_per_call(lambda: pyfuncitem.obj(**arguments),
                             mark.kwargs.get("calls", 200),
                             mark.kwargs.get("rounds", 5))
        pyfuncitem.tidemark_leak = leak
        if leak > limit:
            pytest.fail(f"{pyfuncitem.nodeid} keeps {show_bytes(leak)} per "
                        f"call, more than {show_bytes(limit)}", pytrace=False)
        return True

    def pytest_terminal_summary(self, terminalreporter):
        if not self.rows:
            return
        out = terminalreporter
        out.section("tidemark")
        out.write_line(
            "phases are in the recording" if self.session.connected else
            "no daemon: phases are not recorded; run it below "
            "`tidemark record --`")
        for name, added, leak in sorted(self.rows, key=lambda r: -r[1])[:10]:
            kept = "" if leak is None else f", keeps {show_bytes(leak)}/call"
            out.write_line(f"{name}: peak +{show_bytes(added)}{kept}")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "limit_rss(size): fail when the test's call adds more to "
        "peak resident memory")
    config.addinivalue_line(
        "markers", "limit_leak_per_call(size, calls=200, rounds=5): call the "
        "test over and over and fail when a call keeps more memory")
    config.pluginmanager.register(Plugin(), "tidemark")
