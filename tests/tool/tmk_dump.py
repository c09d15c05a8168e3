#!/usr/bin/python3
"""Prints a small recording byte by byte, explained, as in FORMAT.md.

    tmk_dump.py RECORDING
"""

import struct
import sys

import zstandard

import tmk_reader as tmk

KINDS = ["", "CHAPTER", "TICK", "EVENTS", "STACKS", "GAP", "END"]
METRIC = {1: "id_gap", 2: "name", 3: "subject", 4: "kind", 5: "unit",
          6: "help"}
SUBJECT = {1: "id_gap", 2: "kind", 3: "name", 4: "pid_delta",
           5: "start_delta", 6: "parent_delta", 7: "command", 13: "owner",
           14: "stack", 15: "site_kind", 16: "cohort"}
COLUMN = {1: "metric", 2: "begin_delta", 3: "span_delta", 4: "subject_gaps",
          5: "deltas"}
DICTIONARY = {1: ("metrics", METRIC), 2: ("subjects", SUBJECT)}
STATE = {1: "interval_ns", 2: ("columns", COLUMN)}
SUMMARY = {1: "offset", 2: "begin_ns", 3: "end_ns", 4: "ticks",
           5: ("columns", {1: "metric", 2: "subject_gaps", 3: "first",
                           6: "mean"})}
ANCHOR = {1: "boot_ns", 2: "monotonic_ns", 3: "realtime_ns"}
INFO = {1: "producer", 2: "host", 3: "kernel", 4: "cpu_model", 5: "cpu_count",
        6: "memory_bytes", 7: "page_size", 8: "ticks_per_second",
        9: "interval_ns", 10: "command", 11: "levels", 12: ("anchor", ANCHOR)}
EVENT = {1: "time_delta", 2: "kind", 3: "subject", 4: "name"}
MESSAGES = {
    tmk.CHAPTER: {1: ("info", INFO), 2: ("anchor", ANCHOR), 3: "dictionary",
                  4: "state", 5: "summary", 6: "stacks_gaps"},
    tmk.STACKS: {1: ("modules", {2: "path", 3: "build_id"}),
                 2: ("stacks", {2: "modules", 3: "offsets"}),
                 3: ("symbols", {1: "module", 2: "offset", 3: "functions",
                                 4: "files", 5: "lines", 6: "inlined"}),
                 4: "texts"},
    tmk.TICK: {3: "interval_ns", 4: ("dictionary", DICTIONARY),
               5: ("columns", COLUMN)},
    tmk.EVENTS: {1: ("dictionary", DICTIONARY), 2: ("events", EVENT)},
    tmk.END: {1: "ticks", 2: "events", 4: "chapters", 5: ("state", STATE),
              6: ("summary", SUMMARY)},
}


class Dump:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def row(self, count, meaning):
        """Bytes of the file, 16 a line, explained behind the first."""
        while count > 0:
            part = self.data[self.at:self.at + min(count, 16)]
            line = "%04x  %-47s  %s" % (self.at, part.hex(" "), meaning)
            print(line.rstrip())
            self.at += len(part)
            count -= len(part)
            meaning = ""

    def record(self):
        length, _, kind, flags, sequence, time = struct.unpack_from(
            "<IIBBHq", self.data, self.at)
        print("\n%s, record %d" % (KINDS[kind], sequence))
        self.row(4, "payload: %d bytes" % length)
        self.row(4, "CRC-32C")
        self.row(1, "kind %d" % kind)
        self.row(1, "flags %d" % flags)
        self.row(2, "number %d" % sequence)
        self.row(8, "time %d ns" % time)
        return kind, flags, length


def explain(message, names, depth):
    """An unpacked message: each field's bytes and name."""
    for number, wire, value in tmk.fields(message):
        name = names.get(number, "field %d" % number)
        head = "     " + "  " * depth + "%d " % number
        if isinstance(name, tuple):
            print(head + name[0] + ":")
            explain(value, name[1], depth + 1)
        elif wire == 0:
            print(head + "%s: %d" % (name, value))
        elif value and all(32 <= b < 127 for b in value) and (
                "gap" not in name and "delta" not in name):
            print(head + '%s: "%s"' % (name, value.decode()))
        else:
            print(head + "%s: %s" % (name, value.hex(" ")))


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    dump = Dump(data)
    print("File header")
    for count, meaning in ((8, "magic"), (2, "major 1"), (2, "minor 1"),
                           (2, "least minor to read it: 0"), (2, "reserved"),
                           (4, "incompatible features: none"),
                           (4, "compatible features: none"), (16, "uuid"),
                           (16, "boot id"), (4, "reserved"),
                           (4, "CRC-32C of the 60 bytes before")):
        dump.row(count, meaning)
    stream = None
    while dump.at < len(data):
        kind, flags, length = dump.record()
        if kind == tmk.CHAPTER:
            dump.row(8, "chapter mark")
            dump.row(8, "record number, whole")
            dump.row(8, "offset of the chapter before: none")
            length -= 24
            stream = zstandard.ZstdDecompressor().decompressobj()
        payload = data[dump.at:dump.at + length]
        dump.row(length, "the chapter's zstd stream: begins"
                 if kind == tmk.CHAPTER else "the stream goes on"
                 if flags & tmk.IN_STREAM else "a zstd stream by itself"
                 if flags & tmk.PACKED else "protobuf")
        if flags & tmk.IN_STREAM:
            payload = stream.decompress(payload)
        elif flags & tmk.PACKED:
            payload = zstandard.ZstdDecompressor().decompressobj().decompress(
                payload)
        explain(payload, MESSAGES[kind], 1)


if __name__ == "__main__":
    main()
