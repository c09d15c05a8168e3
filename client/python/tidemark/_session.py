"""Sessions, runs, phases, operations: the C functions as Python's scopes."""
import enum
import functools
import gc
import inspect
import os
import sys
import threading
import time

from . import _alerts, _statistics
from ._library import NO_METRIC, library

KINDS = ("custom", "setup", "warmup", "ramp", "load", "steady", "cooldown",
         "teardown", "exclude")


class Answer(enum.IntEnum):
    done = 0
    timed_out = 1
    no_daemon = 2


_clock = time.monotonic_ns
_record = library.span_record


def _bytes(text):
    return text if isinstance(text, bytes) else str(text).encode(
        "utf-8", "surrogateescape")


def _count(n):
    if n < 0:
        raise ValueError("counts only grow")
    return n


class _Scope:
    """A context manager, plain or async, that is also a decorator."""

    def begin(self):
        raise NotImplementedError

    def end(self, ok=True):
        raise NotImplementedError

    def again(self):
        """A scope like this one for the next call of what is decorated."""
        raise NotImplementedError

    def __enter__(self):
        self.begin()
        return self

    def __exit__(self, kind, value, trace):
        self.end(kind is None)

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, kind, value, trace):
        self.__exit__(kind, value, trace)

    def __call__(self, function):
        if inspect.iscoroutinefunction(function):
            @functools.wraps(function)
            async def decorated(*args, **kwargs):
                with self.again():
                    return await function(*args, **kwargs)
        else:
            @functools.wraps(function)
            def decorated(*args, **kwargs):
                with self.again():
                    return function(*args, **kwargs)
        return decorated


class Phase(_Scope):
    """A named part of the test; phases nest, and a name used again is the
    next cycle."""

    def __init__(self, owner, name, kind):
        if kind not in KINDS:
            raise ValueError(f"no phase kind {kind!r}: {', '.join(KINDS)}")
        self._owner, self._name, self._kind = owner, _bytes(name), kind
        self._handle = 0

    @property
    def name(self):
        return self._name.decode("utf-8", "surrogateescape")

    def begin(self):
        self._handle = library.phase_begin(self._owner._session, self._name,
                                           KINDS.index(self._kind))

    def end(self, ok=True):
        handle, self._handle = self._handle, 0
        library.phase_end(self._owner._session, handle)

    def again(self):
        return Phase(self._owner, self._name, self._kind)

    def attribute(self, key, value):
        if self._handle:
            library.attribute(self._owner._session, self._handle, _bytes(key),
                              _bytes(value))


class Span(_Scope):
    """Times one operation; an exception counts as an error."""
    __slots__ = ("_session", "_metric", "_begin_ns", "_ok")

    def __init__(self, session, metric):
        self._session, self._metric = session, metric
        self._begin_ns, self._ok = None, True

    def begin(self):
        self._begin_ns = _clock()

    # Directly, not through begin and end: half the cost.
    def __enter__(self):
        self._begin_ns = _clock()
        return self

    def __exit__(self, kind, value, trace):
        _record(self._session, self._metric, _clock() - self._begin_ns,
                1 if kind is None and self._ok else 0)
        self._begin_ns = None

    def fail(self):
        self._ok = False

    def end(self, ok=True):
        begin_ns, self._begin_ns = self._begin_ns, None
        if begin_ns is not None:  # an end without a begin says nothing
            library.span_record(self._session, self._metric,
                                _clock() - begin_ns,
                                1 if ok and self._ok else 0)

    def again(self):
        return Span(self._session, self._metric)


class Op:
    """A kind of unit of work: what leaks and costs are told per."""
    __slots__ = ("_session", "_metric")

    def __init__(self, session, metric):
        self._session, self._metric = session, metric

    def inc(self, n=1):
        if n < 0:
            raise ValueError("counts only grow")
        library.done(self._session, self._metric, n)

    def fail(self, n=1):
        """Of those done, or besides them, n failed."""
        library.failed(self._session, self._metric, _count(n))

    def done(self, start_ns, intended_ns=0, ok=True):
        """One is done that began at start_ns and should have at intended_ns;
        both as tidemark.Session.now_ns() says. For ops made with timed=."""
        library.op_done(self._session, self._metric, intended_ns, start_ns,
                        1 if ok else 0)

    def make_primary(self):
        library.primary_op(self._session, self._metric)

    @property
    def count(self):
        return library.total(self._session, self._metric)


class Counter:
    __slots__ = ("_session", "_metric")

    def __init__(self, session, metric):
        self._session, self._metric = session, metric

    def inc(self, n=1):
        library.count(self._session, self._metric, _count(n))

    @property
    def count(self):
        return library.total(self._session, self._metric)


class Gauge:
    __slots__ = ("_session", "_metric")

    def __init__(self, session, metric):
        self._session, self._metric = session, metric

    def set(self, value):
        library.gauge_set(self._session, self._metric, value)

    def inc(self, delta=1.0):
        library.gauge_add(self._session, self._metric, delta)

    def dec(self, delta=1.0):
        library.gauge_add(self._session, self._metric, -delta)


class _Speaker:
    """What a session and a run can both say."""

    _session = None
    _metrics = None

    def _metric(self, kind, name, *more):
        key = (kind, name)
        found = self._metrics.get(key)
        if found is None:
            found = getattr(library, kind)(self._session, _bytes(name), *more)
            if not library.available:
                found = NO_METRIC
            self._metrics[key] = found
        return found

    def phase(self, name, kind="custom"):
        return Phase(self, name, kind)

    def span(self, name):
        return Span(self._session, self._metric("span", name))

    def record(self, name, seconds, ok=True):
        """A duration that the caller measured, under the span of this name."""
        _record(self._session, self._metric("span", name), round(seconds * 1e9),
                1 if ok else 0)

    def op(self, name, timed=False, paced=False):
        """timed: also the span of that name, see Op.done; paced: its intended
        starts are known, and the span NAME.service is made."""
        if timed or paced:
            metric = self._metric("timed_op", name, 1 if paced else 0)
        else:
            metric = self._metric("op", name)
        return Op(self._session, metric)

    def counter(self, name):
        return Counter(self._session, self._metric("counter", name))

    def gauge(self, name):
        return Gauge(self._session, self._metric("gauge", name))

    def note(self, text):
        library.note(self._session, _bytes(text))

    def snapshot(self, name):
        library.snapshot(self._session, _bytes(name))

    def attribute(self, key, value):
        library.attribute(self._session, 0, _bytes(key), _bytes(value))

    def quiesce(self, timeout=5.0, collect=True):
        """The program is idle: lets the daemon sample until it is stable. The
        reading point for retained memory; `collect` frees garbage before."""
        if collect:
            gc.collect()
        return Answer(library.quiesce(self._session, _milliseconds(timeout)))

    def flush(self, timeout=5.0):
        return Answer(library.flush(self._session, _milliseconds(timeout)))

    def gate(self, expression, timeout=5.0):
        """Holds a gate, such as "max(rss_anon) < 1GiB", against the run so far;
        the result is true unless it failed or could not be decided."""
        return _alerts.ask(self._session, _bytes(expression),
                           _milliseconds(timeout))

    def alerts(self):
        """What fired since it was last asked, oldest first."""
        return list(_alerts.taken(self._session))

    def on_alert(self, call):
        """Calls call(alert) for each, from a thread of its own, until the
        returned watch is stopped or the program ends."""
        return _alerts.Watch(self._session, call)

    @staticmethod
    def now_ns():
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def _milliseconds(seconds):
    return min(max(0, int(seconds * 1000)), 0xFFFFFFFF)


class Run(_Speaker):
    """One test. Ends as failed when an exception leaves the scope."""

    def __init__(self, owner, name, attributes):
        self._session, self._metrics = owner._session, owner._metrics
        self._name, self._attributes = _bytes(name), attributes
        self._begin, self._before = None, {}

    def __enter__(self):
        library.run_begin(self._session, self._name)
        for key, value in self._attributes.items():
            self.attribute(key, value)
        self._begin = time.monotonic()
        for (kind, name), metric in self._metrics.items():
            self._before[kind, name] = _statistics.Reading(
                self._session, metric, kind == "span")
        return self

    def __exit__(self, kind, value, trace):
        self.end("ok" if kind is None else "failed")

    async def __aenter__(self):
        return self.__enter__()

    async def __aexit__(self, kind, value, trace):
        self.__exit__(kind, value, trace)

    def end(self, status="ok"):
        """Also waits, 2 s at most, until a daemon has read the run whole: its
        program may end now."""
        library.run_end(self._session, ("ok", "failed", "aborted").index(
            status))
        library.flush(self._session, 2000)

    def stats(self, name):
        """Of the span of this name since the run began, else of the op."""
        seconds = time.monotonic() - self._begin if self._begin else 0.0
        if ("timed_op", name) in self._metrics:
            self._metric("span", name)
        for kind in ("span", "op", "counter"):
            metric = self._metrics.get((kind, name))
            if metric is None:
                continue
            before = self._before.get((kind, name), _statistics.NOTHING)
            after = _statistics.Reading(self._session, metric, kind == "span")
            if kind == "span":
                return _statistics.statistics(before, after, seconds)
            n = after.total - before.total
            return _statistics.Statistics(
                n, after.failed - before.failed, seconds,
                n / seconds if seconds > 0 else None)
        raise KeyError(f"no span, op or counter {name!r} was used")


class Session(_Speaker):
    """The process's connection; all sessions of a process are one."""

    def __init__(self, app=None):
        app = app or os.path.basename(sys.argv[0]) or "python"
        self._session = library.open(_bytes(app), 0) or None
        self._metrics = {}

    def run(self, name, **attributes):
        return Run(self, name, attributes)

    @property
    def connected(self):
        return bool(library.connected(self._session))

    @property
    def dropped(self):
        return library.dropped(self._session)

    def close(self):
        session, self._session = self._session, None
        library.close(session)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()


_default = None
_default_lock = threading.Lock()


def session():
    """The process's session, under the program's name."""
    global _default
    with _default_lock:
        if _default is None:
            _default = Session()
        return _default
