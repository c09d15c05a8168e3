"""Reads a Perfetto trace, from the field numbers of its .proto files alone.

An independent reader: it shares no code with report/formats/perfetto.cpp.
Refuses what the viewer would drop: slices of one track that do not nest, an
event of an unknown track, a track whose parent is not there.
"""
import collections
import struct

import tmk_reader as wire

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4
REALTIME, BOOTTIME = 1, 6

Slice = collections.namedtuple("Slice", "track begin end name")


class Track:
    def __init__(self, message):
        self.uuid = message.uint(1)
        self.name = message.bytes(2).decode()
        self.parent = message.uint(5)
        self.is_counter = message.has(8)
        self.children_count = 0
        self.values = []   # (time, value) of a counter
        self.open = []     # (begin, name) of slices


class Trace:
    def __init__(self, data):
        self.tracks, self.slices, self.instants = {}, [], []
        self.boottime = self.realtime = None
        for packet in wire.Message(data).messages(1):
            if packet.has(6):
                self.clocks(packet.message(6))
            if packet.has(60):
                self.add(Track(packet.message(60)))
            if packet.has(11):
                self.event(packet.uint(8), packet.message(11))
        for track in self.tracks.values():
            if track.open:
                raise wire.Malformed("a slice that never ends")

    def clocks(self, snapshot):
        times = {c.uint(1): c.uint(2) for c in snapshot.messages(1)}
        self.boottime, self.realtime = times[BOOTTIME], times[REALTIME]

    def add(self, track):
        if track.uuid in self.tracks:
            raise wire.Malformed("a track that is there already")
        if track.parent:
            self.tracks[track.parent].children_count += 1
        self.tracks[track.uuid] = track

    def event(self, time, event):
        kind, track = event.uint(9), self.tracks[event.uint(11)]
        name = event.bytes(23).decode() if event.has(23) else ""
        if kind == BEGIN:
            track.open.append((time, name))
        elif kind == END:
            begin, name = track.open.pop()
            if time < begin:
                raise wire.Malformed("a slice that ends before it begins")
            self.slices.append(Slice(track.uuid, begin, time, name))
        elif kind == INSTANT:
            self.instants.append((time, name))
        elif kind == COUNTER and track.is_counter:
            value, = struct.unpack("<d", event.all[44][0][1])
            track.values.append((time, value))
        else:
            raise wire.Malformed("an event of kind %d" % kind)
