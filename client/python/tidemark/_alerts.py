"""Gates evaluated now, and alerts."""
import collections
import ctypes
import math
import threading

from . import _library
from ._library import library

STATUSES = ("pass", "warn", "fail", "inconclusive")
_STEP_MS = 100
_NO_DAEMON = 2


class GateResult(collections.namedtuple("GateResult", "status value reason")):
    """status: pass, warn, fail, inconclusive; value: in the gate's base unit, or
    None."""
    __slots__ = ()

    def __bool__(self):
        return self.status in ("pass", "warn")


Alert = collections.namedtuple("Alert", "status value name time_ns")


def _value(value):
    return None if math.isnan(value) else value


def _text(raw):
    return raw.decode("utf-8", "replace")


def ask(session, expression, timeout_ms):
    raw = _library.GateResult(status=3, value=math.nan,
                              reason=b"no daemon evaluates it")
    library.gate(session, expression, timeout_ms, ctypes.byref(raw))
    return GateResult(STATUSES[raw.status], _value(raw.value),
                      _text(raw.reason))


def _alert(raw):
    return Alert(STATUSES[raw.status], _value(raw.value), _text(raw.name),
                 raw.time_ns)


def taken(session):
    raw = _library.Alert()
    while library.alert_poll(session, ctypes.byref(raw)):
        yield _alert(raw)


class Watch:
    def __init__(self, session, call):
        self._session, self._call = session, call
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True,
                                        name="tidemark alerts")
        self._thread.start()

    def _run(self):
        raw = _library.Alert()
        while not self._ended.is_set():
            answer = library.alert_wait(self._session, _STEP_MS,
                                        ctypes.byref(raw))
            if answer == 0:
                self._call(_alert(raw))
            elif answer == _NO_DAEMON:
                self._ended.wait(_STEP_MS / 1000)

    def stop(self):
        self._ended.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()
