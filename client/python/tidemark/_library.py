"""libtidemark by ctypes: tidemark.h, in Python's types."""
import ctypes
import os
import pathlib
import warnings
from ctypes import POINTER, c_char_p, c_double, c_int, c_int64, c_uint32
from ctypes import c_uint64, c_void_p

NO_METRIC = 0xFFFFFFFF


class GateResult(ctypes.Structure):
    _fields_ = [("status", c_int), ("value", c_double),
                ("reason", ctypes.c_char * 160)]


class Alert(ctypes.Structure):
    _fields_ = [("status", c_int), ("time_ns", c_int64), ("value", c_double),
                ("name", ctypes.c_char * 160)]


class Bucket(ctypes.Structure):
    _fields_ = [("from_ns", c_int64), ("to_ns", c_int64), ("count", c_uint64)]


# name: result, arguments. Those of BRIEF take nanoseconds: they keep Python's
# lock; the others give it up, so that other threads run while they wait.
BRIEF = {
    "tidemark_dropped": (c_uint64, [c_void_p]),
    "tidemark_connected": (c_int, [c_void_p]),
    "tidemark_run_begin": (None, [c_void_p, c_char_p]),
    "tidemark_run_end": (None, [c_void_p, c_int]),
    "tidemark_phase_begin": (c_uint64, [c_void_p, c_char_p, c_int]),
    "tidemark_phase_end": (None, [c_void_p, c_uint64]),
    "tidemark_attribute": (None, [c_void_p, c_uint64, c_char_p, c_char_p]),
    "tidemark_note": (None, [c_void_p, c_char_p]),
    "tidemark_snapshot": (None, [c_void_p, c_char_p]),
    "tidemark_op": (c_uint32, [c_void_p, c_char_p]),
    "tidemark_timed_op": (c_uint32, [c_void_p, c_char_p, c_int]),
    "tidemark_counter": (c_uint32, [c_void_p, c_char_p]),
    "tidemark_gauge": (c_uint32, [c_void_p, c_char_p]),
    "tidemark_span": (c_uint32, [c_void_p, c_char_p]),
    "tidemark_primary_op": (None, [c_void_p, c_uint32]),
    "tidemark_done": (None, [c_void_p, c_uint32, c_uint64]),
    "tidemark_failed": (None, [c_void_p, c_uint32, c_uint64]),
    "tidemark_count": (None, [c_void_p, c_uint32, c_uint64]),
    "tidemark_gauge_set": (None, [c_void_p, c_uint32, c_double]),
    "tidemark_gauge_add": (None, [c_void_p, c_uint32, c_double]),
    "tidemark_span_record": (None, [c_void_p, c_uint32, c_int64, c_int]),
    "tidemark_op_done": (None, [c_void_p, c_uint32, c_int64, c_int64, c_int]),
    "tidemark_total": (c_uint64, [c_void_p, c_uint32]),
    "tidemark_total_failed": (c_uint64, [c_void_p, c_uint32]),
    "tidemark_alert_poll": (c_int, [c_void_p, POINTER(Alert)]),
    "tidemark_alerts_missed": (c_uint64, [c_void_p]),
    "tidemark_span_max": (c_int64, [c_void_p, c_uint32]),
    "tidemark_span_buckets": (c_uint32, [c_void_p, c_uint32, POINTER(Bucket),
                                         c_uint32]),
}
WAITING = {
    "tidemark_open": (c_void_p, [c_char_p, c_uint32]),
    "tidemark_close": (None, [c_void_p]),
    "tidemark_quiesce": (c_int, [c_void_p, c_uint32]),
    "tidemark_flush": (c_int, [c_void_p, c_uint32]),
    "tidemark_gate": (c_int, [c_void_p, c_char_p, c_uint32,
                              POINTER(GateResult)]),
    "tidemark_alert_wait": (c_int, [c_void_p, c_uint32, POINTER(Alert)]),
}


def _candidates():
    named = os.environ.get("TIDEMARK_LIBRARY")
    if named:
        return [named]
    here = pathlib.Path(__file__).resolve().parent
    return [str(here / "libtidemark.so.0"), "libtidemark.so.0",
            "/usr/local/lib/libtidemark.so.0"]


def _load():
    errors = []
    for name in _candidates():
        try:
            return ctypes.PyDLL(name), ctypes.CDLL(name)
        except OSError as error:
            errors.append(str(error))
    warnings.warn("tidemark: nothing is recorded: " + "; ".join(errors),
                  RuntimeWarning, stacklevel=4)
    return None


class Library:
    """Its functions, without their tidemark_ prefix."""

    def __init__(self):
        loaded = _load()
        self.available = loaded is not None
        for which, table in enumerate((BRIEF, WAITING)):
            for name, (result, arguments) in table.items():
                if loaded is None:
                    function = self._absent(name)
                else:
                    function = getattr(loaded[which], name)
                    function.restype, function.argtypes = result, arguments
                setattr(self, name.removeprefix("tidemark_"), function)

    @staticmethod
    def _absent(name):
        waits = name in WAITING and WAITING[name][0] is c_int
        answer = 2 if waits else 0  # no daemon
        return lambda *unused: answer


library = Library()
available = library.available
