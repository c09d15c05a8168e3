#!/usr/bin/env python3
"""What a call of the Python package costs its program, beside an empty call;
ns per call, best of 7 rounds.

    bench/python_mark.py [build/release]
"""
import os
import pathlib
import sys
import time

root = pathlib.Path(__file__).resolve().parents[1]
build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else
                     root / "build" / "release").resolve()
os.environ.setdefault("TIDEMARK_LIBRARY",
                      str(build / "client" / "libtidemark.so.0"))
sys.path.insert(0, str(root / "client" / "python"))
import tidemark  # noqa: E402

CALLS = 200_000


def best(body, calls=CALLS):
    rounds = []
    for _ in range(7):
        begin = time.perf_counter_ns()
        body(calls)
        rounds.append((time.perf_counter_ns() - begin) / calls)
    return min(rounds)


def empty():
    pass


def main():
    session = tidemark.Session("bench")
    op, gauge = session.op("op"), session.gauge("gauge")

    @session.span("decorated")
    def decorated():
        pass

    def loop(call):
        def body(calls):
            for _ in range(calls):
                call()
        return body

    def span(calls):
        for _ in range(calls):
            with session.span("span"):
                pass

    def phase(calls):
        for _ in range(calls):
            with session.phase("phase"):
                pass

    rows = [("an empty function", loop(empty), CALLS),
            ("op.inc()", loop(op.inc), CALLS),
            ("gauge.set(1.5)", loop(lambda: gauge.set(1.5)), CALLS),
            ("with session.span(...)", span, CALLS),
            ("a decorated function", loop(decorated), CALLS),
            # 2 marks each; more than a lane holds would measure drops.
            ("with session.phase(...)", phase, 60)]
    print(f"connected: {session.connected}")
    for name, body, calls in rows:
        print(f"{name:26}{best(body, calls):9.0f} ns")
    print(f"marks dropped: {session.dropped}")


main()
