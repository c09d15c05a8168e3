#!/usr/bin/python3
"""Reads a pprof profile, from the field numbers of profile.proto alone.

An independent reader: it shares no code with report/formats/pprof.cpp, and
the tests hold the two against each other. Checks what a viewer relies on (every
id defined, as many values as types, addresses inside their mapping) and prints
a line per sample: its values, its labels, its frames from the innermost.

    pprof_reader.py PROFILE
"""

import gzip
import sys

import tmk_reader as wire


class Profile:
    def __init__(self, data):
        message = wire.Message(data)
        self.strings = [value.decode() for _, value in message.all[6]]
        if self.strings[0] != "":
            raise wire.Malformed("string 0 is not empty")
        self.types = [(self.text(m, 1), self.text(m, 2))
                      for m in message.messages(1)]
        self.default = self.text(message, 14)
        self.duration = message.int(10)
        self.mappings = {m.uint(1): m for m in message.messages(3)}
        self.functions = {m.uint(1): m for m in message.messages(5)}
        self.locations = {m.uint(1): m for m in message.messages(4)}
        self.samples = [self.sample(m) for m in message.messages(2)]
        for ids in (self.mappings, self.functions, self.locations):
            if 0 in ids:
                raise wire.Malformed("an id is 0")

    def text(self, message, field):
        return self.strings[message.uint(field)]

    def frames(self, location):
        mapping = self.mappings.get(location.uint(2))
        address = location.uint(3)
        module = "-"
        if location.uint(2):
            if not mapping.uint(2) <= address < mapping.uint(3):
                raise wire.Malformed("an address outside its mapping")
            module = "%s [%s]" % (self.text(mapping, 5), self.text(mapping, 6))
            address -= mapping.uint(2)
        lines = location.messages(4)
        if not lines:
            return ["%s+0x%x" % (module, address)]
        frames = []
        for line in lines:
            function = self.functions[line.uint(1)]
            frames.append("%s %s:%d" % (self.text(function, 2),
                                        self.text(function, 4), line.int(2)))
        return frames

    def sample(self, message):
        values = [wire.signed(v) for v in message.uints(2)]
        if len(values) != len(self.types):
            raise wire.Malformed("values")
        labels = ["%s=%s" % (self.text(m, 1), self.text(m, 2))
                  for m in message.messages(3)]
        frames = []
        for location in message.uints(1):
            frames += self.frames(self.locations[location])
        return values, labels, frames


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    with gzip.open(sys.argv[1]) as file:
        profile = Profile(file.read())
    print("types %s, shown first %s, %d ns" % (
        ", ".join("/".join(t) for t in profile.types), profile.default,
        profile.duration))
    for values, labels, frames in profile.samples:
        print("%s | %s | %s" % (" ".join(map(str, values)), " ".join(labels),
                                " < ".join(frames)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
