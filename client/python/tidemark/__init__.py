"""Tells Tidemark what a Python program is doing while it is measured.

    import tidemark

    session = tidemark.Session("checkout test")
    with session.run("soak") as run:
        request = run.op("request")
        with run.phase("steady", kind="steady"):
            with run.span("checkout"):       # an exception counts as an error
                request.inc()
        print(run.stats("checkout").p95)     # seconds

Pure Python over the C library; every call works, and does nothing that can be
noticed, where no daemon runs. Where libtidemark.so.0 itself is not found
`tidemark.available` is False and every call does nothing.
"""
from ._library import available
from ._session import (Answer, Counter, Gauge, Op, Phase, Run, Session, Span,
                       session)
from ._statistics import Statistics

__all__ = ["Answer", "Counter", "Gauge", "Op", "Phase", "Run", "Session",
           "Span", "Statistics", "available", "session"]
