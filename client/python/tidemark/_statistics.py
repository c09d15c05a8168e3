"""Figures of a span or op over a part of the test."""
import ctypes
import math
from dataclasses import dataclass
from typing import Optional

from ._library import Bucket, library

_CAPACITY = 33792


@dataclass(frozen=True)
class Statistics:
    """Durations in seconds; those of an op without durations are None.

    From the library's histogram: exact below 2 us, else within 0.1 %; count,
    errors, mean and the maximum of a whole process are exact.
    """
    count: int
    errors: int
    seconds: float  # of the run so far
    throughput: Optional[float]  # per second
    min: Optional[float] = None
    max: Optional[float] = None
    mean: Optional[float] = None
    median: Optional[float] = None
    p95: Optional[float] = None
    p99: Optional[float] = None
    stddev: Optional[float] = None

    @property
    def error_rate(self):
        return self.errors / self.count if self.count else None

    def __getitem__(self, name):
        return getattr(self, name)


class Reading:
    """What a process has counted under one metric up to now."""

    def __init__(self, session, metric, is_span):
        self.total = library.total(session, metric)
        self.failed = library.total_failed(session, metric)
        self.buckets = _buckets(session, metric) if is_span else {}
        self.max_ns = library.span_max(session, metric) if is_span else 0


NOTHING = type("Nothing", (), {"total": 0, "failed": 0, "buckets": {},
                               "max_ns": 0})()


def _buckets(session, metric):
    count = library.span_buckets(session, metric, None, 0)
    # Others may add some meanwhile: what then has no room comes next time.
    room = min(count + 64, _CAPACITY)
    out = (Bucket * room)()
    found = library.span_buckets(session, metric, ctypes.cast(
        out, ctypes.POINTER(Bucket)), room)
    return {(b.from_ns, b.to_ns): b.count for b in out[:min(found, room)]}


def statistics(before, after, seconds):
    """Of what came between two readings of a span."""
    rows = []
    for bounds, count in sorted(after.buckets.items()):
        new = count - before.buckets.get(bounds, 0)
        if new > 0:
            rows.append((bounds, new))
    n = sum(count for _, count in rows)
    errors = after.failed - before.failed
    rate = n / seconds if seconds > 0 else None
    if n == 0:
        return Statistics(0, errors, seconds, rate)
    mean = (after.total - before.total) / n
    # A new maximum is known exactly; an older one hides it in its bucket.
    top = rows[-1][0][1]
    largest = after.max_ns if after.max_ns != before.max_ns else top
    square = sum(count * (_middle(bounds) - mean) ** 2
                 for bounds, count in rows)
    stddev = math.sqrt(square / (n - 1)) if n > 1 else 0.0
    return Statistics(
        n, errors, seconds, rate, min=rows[0][0][0] * 1e-9,
        max=largest * 1e-9, mean=mean * 1e-9, median=_rank(rows, n, 50) * 1e-9,
        p95=_rank(rows, n, 95) * 1e-9, p99=_rank(rows, n, 99) * 1e-9,
        stddev=stddev * 1e-9)


def _middle(bounds):
    return (bounds[0] + bounds[1]) / 2


def _rank(rows, n, percent):
    """Nearest rank."""
    wanted = max(1, math.ceil(n * percent / 100))
    for bounds, count in rows:
        wanted -= count
        if wanted <= 0:
            return _middle(bounds)
    return _middle(rows[-1][0])
