#!/usr/bin/python3
"""Reads a Tidemark recording, from core/store/FORMAT.md alone.

An independent second reader: it shares no code with the one in core/store,
and the tests hold the two against each other. Prints one JSON object a line:
the file, every item in order, and at last what could not be read.

    tmk_reader.py RECORDING
"""

import json
import struct
import sys

import zstandard

MAGIC = b"\x89TMK\r\n\x1a\n"
CHAPTER_MARK = b"\xf1TMKCHAP"
FILE_HEADER = 64
RECORD_HEADER = 20
CHAPTER, TICK, EVENTS, STACKS, GAP, END = range(1, 7)
IN_STREAM, PACKED = 1, 2
MAX_PAYLOAD = 32 << 20
TWO64 = 1 << 64


# --- CRC-32C and protobuf's wire format -------------------------------------

def crc_table():
    table = []
    for i in range(256):
        for _ in range(8):
            i = (i >> 1) ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    return table


CRC_TABLE = crc_table()


def crc32c(data, crc=0):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


class Malformed(Exception):
    pass


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Malformed("varint")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value % TWO64, at
        shift += 7


def fields(data):
    """Yields (field number, wire type, value) of a message."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = varint(data, at)
        elif wire == 1:
            value, at = data[at:at + 8], at + 8
        elif wire == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        elif wire == 5:
            value, at = data[at:at + 4], at + 4
        else:
            raise Malformed("wire type %d" % wire)
        if at > len(data):
            raise Malformed("field beyond its message")
        yield number, wire, value


def signed(value):
    return value - TWO64 if value >= TWO64 // 2 else value


def zigzag(value):
    return signed((value >> 1) ^ (TWO64 - (value & 1)) % TWO64)


def packed(wire, value, convert):
    """A repeated number: packed in one field, or one by one."""
    if wire == 0:
        return [convert(value)]
    numbers, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        numbers.append(convert(number))
    return numbers


def doubles(wire, value):
    return list(struct.unpack("<%dd" % (len(value) // 8), value))


class Message:
    """Fields by number, with protobuf's defaults."""

    def __init__(self, data):
        self.all = {}
        for number, wire, value in fields(data):
            self.all.setdefault(number, []).append((wire, value))

    def has(self, number):
        return number in self.all

    def uint(self, number):
        return self.all[number][-1][1] if number in self.all else 0

    def int(self, number):
        return signed(self.uint(number))

    def sint(self, number):
        return zigzag(self.uint(number))

    def bytes(self, number):
        return self.all[number][-1][1] if number in self.all else b""

    def message(self, number):
        return Message(self.bytes(number))

    def messages(self, number):
        return [Message(value) for _, value in self.all.get(number, [])]

    def texts(self, number):
        return [text(value) for _, value in self.all.get(number, [])]

    def uints(self, number):
        return self._list(number, lambda v: v)

    def sints(self, number):
        return self._list(number, zigzag)

    def doubles(self, number):
        return sum((doubles(*f) for f in self.all.get(number, [])), [])

    def _list(self, number, convert):
        return sum((packed(w, v, convert)
                    for w, v in self.all.get(number, [])), [])


def text(raw):
    """Bytes as JSON text, one to one."""
    return raw.decode("latin-1")


def ids(gaps):
    result, next_id = [], 0
    for gap in gaps:
        result.append(next_id + gap)
        next_id += gap + 1
    return result


def optional_id(stored):
    return stored - 1 if stored else None


# --- Payloads ----------------------------------------------------------------

class Stacks:
    def __init__(self):
        self.modules = {}
        self.stacks = {}
        self.symbols = {}  # (module or None, offset): frames

    def define(self, data):
        message = Message(data)
        modules = message.messages(1)
        for module, key in zip(modules, ids(m.uint(1) for m in modules)):
            self.modules[key] = [text(module.bytes(2)), module.bytes(3).hex()]
        stacks = message.messages(2)
        for stack, key in zip(stacks, ids(s.uint(1) for s in stacks)):
            places = list(map(optional_id, stack.uints(2)))
            offsets = stack.uints(3)
            if len(places) != len(offsets):
                raise Malformed("stack")
            self.stacks[key] = {
                "addresses": list(map(list, zip(places, offsets))),
                "quality": stack.uint(4), "truncated": stack.uint(5) != 0}
        texts = [""] + message.texts(4)
        for symbols in message.messages(3):
            key = (optional_id(symbols.uint(1)), symbols.uint(2))
            lists = [[texts[i] for i in symbols.uints(3)],
                     [texts[i] for i in symbols.uints(4)],
                     symbols.uints(5), [i != 0 for i in symbols.uints(6)]]
            if len({len(one) for one in lists}) != 1:
                raise Malformed("symbols")
            self.symbols[key] = list(map(list, zip(*lists)))

    def lines(self):
        def known(key):
            return (-1 if key[0] is None else key[0], key[1])
        return {"type": "stacks", "modules": sorted(self.modules.items()),
                "stacks": sorted(self.stacks.items()),
                "symbols": [list(key) + [self.symbols[key]]
                            for key in sorted(self.symbols, key=known)]}


class Dictionary:
    def __init__(self):
        self.metrics = {}
        self.subjects = {}

    def define(self, data):
        message = Message(data)
        metrics = message.messages(1)
        for metric, key in zip(metrics, ids(m.uint(1) for m in metrics)):
            known = self.metrics.get(key, {})
            self.metrics[key] = {
                "name": text(metric.bytes(2)), "subject": metric.uint(3),
                "kind": metric.uint(4), "unit": metric.uint(5),
                "help": text(metric.bytes(6)) or known.get("help", "")}
        subjects = message.messages(2)
        pid = start = parent = 0
        for subject, key in zip(subjects, ids(s.uint(1) for s in subjects)):
            pid += subject.sint(4)
            start = (start + subject.sint(5)) % TWO64
            parent += subject.sint(6)
            self.subjects[key] = {
                "kind": subject.uint(2), "name": text(subject.bytes(3)),
                "pid": pid, "start_ticks": start, "parent": parent,
                "command": text(subject.bytes(7)),
                "exe": text(subject.bytes(8)),
                "cgroup": text(subject.bytes(9)),
                "role": text(subject.bytes(10)),
                "watched": subject.uint(11) & 1 != 0,
                "kernel_thread": subject.uint(11) & 2 != 0,
                "exec_epoch": subject.uint(12),
                "owner": optional_id(subject.uint(13)),
                "stack": optional_id(subject.uint(14)),
                "site_kind": subject.uint(15), "cohort": subject.uint(16)}


class State:
    """The last value of every series."""

    def __init__(self):
        self.values = {}      # metric: {subject: value}
        self.reads = {}       # metric: [begin, span]
        self.histograms = {}  # (metric, subject): [sum, max, {bucket: count}]
        self.interval = 0

    def columns(self, messages, time):
        """Applies columns; returns [metric, begin, span, {subject: value}]."""
        changes, begin, span = [], time, 0
        for column in messages:
            metric = column.uint(1)
            begin += column.sint(2)
            span += column.sint(3)
            self.reads[metric] = [begin, span]
            series = self.values.setdefault(metric, {})
            changed = {}
            subjects, deltas = ids(column.uints(4)), column.sints(5)
            if len(subjects) != len(deltas):
                raise Malformed("column")
            for subject, delta in zip(subjects, deltas):
                value = signed((series.get(subject, 0) + delta) % TWO64)
                series[subject] = changed[subject] = value
            changes.append([metric, begin, span, changed])
        return changes

    def apply_histograms(self, messages):
        changed = []
        for message in messages:
            key = (message.uint(1), message.uint(2))
            entry = self.histograms.setdefault(key, [0, 0, {}])
            entry[0] = signed((entry[0] + message.sint(3)) % TWO64)
            entry[1] = signed((entry[1] + message.sint(4)) % TWO64)
            for bucket, delta in zip(ids(message.uints(5)), message.sints(6)):
                count = (entry[2].get(bucket, 0) + delta) % TWO64
                entry[2][bucket] = count
                if count == 0:
                    del entry[2][bucket]
            changed.append(key)
        return changed

    def take(self, data, time):
        message = Message(data)
        self.__init__()
        self.interval = message.int(1)
        self.columns(message.messages(2), time)
        self.apply_histograms(message.messages(3))

    def end(self, subjects):
        for series in self.values.values():
            for subject in subjects:
                series.pop(subject, None)
        for key in [k for k in self.histograms if k[1] in subjects]:
            del self.histograms[key]


def summary_series(columns, ended, state, ticks):
    series = {}
    if not ended:
        for metric, values in state.values.items():
            real = metric in state.real
            for subject, value in values.items():
                mean = to_double(value) if real else float(value)
                series[(metric, subject)] = [value] * 4 + [mean, ticks]
    for column in columns:
        subjects = ids(column.uints(2))

        def part(numbers):
            return numbers or [0] * len(subjects)
        last_of = part(column.sints(8))
        first_of, below = part(column.sints(3)), part(column.uints(4))
        above, offset = part(column.uints(5)), part(column.uints(6))
        absent = part(column.uints(7))
        for i, subject in enumerate(subjects):
            key = (column.uint(1), subject)
            last = last_of[i] if ended else series[key][1]
            first = signed((last + first_of[i]) % TWO64)
            if column.has(9):
                low = from_double(column.doubles(9)[i])
                high = from_double(column.doubles(10)[i])
                mean = column.doubles(11)[i]
            else:
                low = signed((min(first, last) - below[i]) % TWO64)
                high = signed((max(first, last) + above[i]) % TWO64)
                mean = float(low) + (((high - low) / 2) if column.uint(12)
                                     else float(offset[i]))
            series[key] = [first, last, low, high, mean, ticks - absent[i]]
    return series


def to_double(bits):
    return struct.unpack("<d", struct.pack("<q", bits))[0]


def from_double(value):
    return struct.unpack("<q", struct.pack("<d", value))[0]


def read_summary(data, state_data, time):
    message = Message(data)
    state = State()
    state.take(state_data, time)
    state.real = {c.uint(1) for c in Message(state_data).messages(2)
                  if c.uint(6)}
    ticks = message.uint(4)
    current = summary_series(message.messages(5), False, state, ticks)
    ended = summary_series(message.messages(6), True, state, ticks)
    return {"type": "summary", "offset": message.uint(1),
            "begin": message.int(2), "end": message.int(3), "ticks": ticks,
            "series": [list(k) + v for k, v in sorted(current.items())] +
                      [list(k) + v for k, v in sorted(ended.items())]}


def read_event(message, time):
    event_time = time + message.sint(1)
    life = message.message(11)
    return {
        "time": event_time, "kind": message.uint(2),
        "subject": message.uint(3) if message.has(3) else None,
        "name": text(message.bytes(4)), "text": text(message.bytes(5)),
        "value": message.sint(6), "phase_kind": message.uint(7),
        "lane": message.uint(8), "sequence": message.uint(9),
        "received": event_time + message.sint(10) if message.has(10) else 0,
        "life": [life.int(1), life.uint(2)] +
                [life.int(n) for n in range(3, 10)]}


# --- The file ----------------------------------------------------------------

class Recording:
    def __init__(self, data):
        self.data = data
        self.dictionary = Dictionary()
        self.stacks = Stacks()
        self.stacks_at = set()  # offsets of STACKS records read
        self.state = State()
        self.stream = None    # of the open chapter
        self.follows = False  # the state is that of the record before
        self.first = False
        self.number = 0
        self.damages = []
        self.summaries = []
        self.info = None
        self.header()

    def header(self):
        data = self.data
        if data[:8] != MAGIC or len(data) < FILE_HEADER:
            raise Malformed("not a Tidemark recording")
        self.major, self.minor, needed = struct.unpack_from("<HHH", data, 8)
        incompatible, = struct.unpack_from("<I", data, 16)
        crc, = struct.unpack_from("<I", data, 60)
        if crc != crc32c(data[:60]):
            raise Malformed("damaged file header")
        if self.major != 1 or incompatible:
            raise Malformed("needs format %d.%d" % (self.major, needed))
        self.uuid, self.boot_id = data[24:40], data[40:56]

    def record_at(self, at):
        """(kind, flags, sequence, time, payload, next offset) or None."""
        if at + RECORD_HEADER > len(self.data):
            return None
        length, crc, kind, flags, sequence, time = struct.unpack_from(
            "<IIBBHq", self.data, at)
        end = at + RECORD_HEADER + length
        if length > MAX_PAYLOAD or end > len(self.data):
            return None
        covered = self.uuid + self.data[at:at + 4] + self.data[at + 8:end]
        if crc != crc32c(covered):
            return None
        return (kind, flags, sequence, time,
                self.data[at + RECORD_HEADER:end], end)

    def lose(self, offset, reason):
        self.damages.append({"offset": offset, "reason": reason})
        self.stream = None
        self.follows = False

    def items(self):
        at = FILE_HEADER
        while at < len(self.data):
            record = self.record_at(at)
            if record is None:
                at = self.step_over(at)
                continue
            item = self.take(at, *record[:5])
            at = record[5]
            if item:
                yield item

    def step_over(self, at):
        if at + RECORD_HEADER <= len(self.data):
            length, = struct.unpack_from("<I", self.data, at)
            behind = at + RECORD_HEADER + length
            if self.record_at(behind):
                self.lose(at, "bad checksum")
                self.number += 1
                return behind
        mark = at + 1 + RECORD_HEADER
        while (mark := self.data.find(CHAPTER_MARK, mark)) >= 0:
            record = self.record_at(mark - RECORD_HEADER)
            if record and record[0] == CHAPTER:
                self.lose(at, "bad record")
                self.number = None
                return mark - RECORD_HEADER
            mark += 1
        self.lose(at, "torn tail")
        return len(self.data)

    def take(self, at, kind, flags, sequence, time, payload):
        number = sequence
        if kind == CHAPTER:
            number, _ = struct.unpack_from("<QQ", payload, 8)
        if self.number is not None and (number - self.number) & 0xFFFF:
            self.lose(at, "records missing here")
        self.number = number + 1
        if kind == CHAPTER:
            return self.chapter(payload, time)
        if flags & IN_STREAM:
            if self.stream is None:
                return None
            payload = self.stream.decompress(payload)
        elif flags & PACKED:
            payload = zstandard.ZstdDecompressor().decompressobj().decompress(
                payload)
        if kind == STACKS:
            self.stacks_at.add(at)
            self.stacks.define(payload)
            return None
        return {TICK: self.tick, EVENTS: self.events, GAP: self.gap,
                END: self.end}.get(kind, lambda p, t: None)(payload, time)

    def chapter(self, payload, time):
        self.stream = zstandard.ZstdDecompressor().decompressobj()
        head = Message(self.stream.decompress(payload[24:]))
        if self.info is None:
            self.info = Message(head.bytes(1))
        if head.has(5) and head.bytes(5):
            self.summaries.append(
                read_summary(head.bytes(5), head.bytes(4), time))
        if not self.follows:
            self.dictionary.define(head.bytes(3))
            self.state.take(head.bytes(4), time)
        offset = 0
        for gap in head.uints(6):
            offset += gap
            if offset not in self.stacks_at:
                raise Malformed("a chapter names stacks that are not there")
        self.follows = self.first = True

    def tick(self, payload, time):
        message, state = Message(payload), self.state
        self.dictionary.define(message.bytes(4))
        if message.has(3):
            state.interval = message.int(3)
        columns = state.columns(message.messages(5), time)
        histograms = state.apply_histograms(message.messages(6))
        if self.first:
            columns = [[metric] + state.reads[metric] + [series]
                       for metric, series in sorted(state.values.items())
                       if series]
            histograms = state.histograms
        item = {
            "type": "frame", "time": time, "first": self.first,
            "edge": message.uint(1) != 0, "complete": not message.uint(2),
            "interval": state.interval,
            "columns": [[m, b, s, sorted(map(list, v.items()))]
                        for m, b, s, v in columns],
            "histograms": [list(k) + state.histograms[k][:2] +
                           [sorted(map(list, state.histograms[k][2].items()))]
                           for k in sorted(histograms)],
            "ended": ids(message.uints(7))}
        state.end(item["ended"])
        self.first = False
        return item

    def events(self, payload, time):
        message = Message(payload)
        self.dictionary.define(message.bytes(1))
        return {"type": "events", "time": time,
                "events": [read_event(e, time) for e in message.messages(2)]}

    def gap(self, payload, time):
        message = Message(payload)
        self.dictionary.define(message.bytes(5))
        return {"type": "gap", "time": time, "from": message.int(1),
                "to": message.int(2), "ticks": message.int(3),
                "reason": text(message.bytes(4))}

    def end(self, payload, time):
        message = Message(payload)
        if message.bytes(6):
            self.summaries.append(
                read_summary(message.bytes(6), message.bytes(5), time))
        return {"type": "end", "time": time}

    def file(self):
        info = self.info or Message(b"")
        anchor = info.message(12)
        return {"type": "file", "version": [self.major, self.minor],
                "uuid": self.uuid.hex(), "boot_id": self.boot_id.hex(),
                "producer": text(info.bytes(1)), "host": text(info.bytes(2)),
                "kernel": text(info.bytes(3)),
                "cpu_model": text(info.bytes(4)),
                "numbers": [info.int(n) for n in range(5, 10)],
                "command": info.texts(10), "levels": info.texts(11),
                "anchor": [anchor.int(n) for n in (1, 2, 3)]}


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    try:
        recording = Recording(data)
    except Malformed as error:
        print("%s: %s" % (sys.argv[1], error), file=sys.stderr)
        return 3
    lines = list(recording.items())
    dictionary = {"type": "dictionary",
                  "metrics": sorted(recording.dictionary.metrics.items()),
                  "subjects": sorted(recording.dictionary.subjects.items())}
    damages = {"type": "damages", "damages": recording.damages}
    for line in ([recording.file()] + lines + [dictionary] +
                 [recording.stacks.lines()] + recording.summaries + [damages]):
        print(json.dumps(line, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
