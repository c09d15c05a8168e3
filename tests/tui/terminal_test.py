#!/usr/bin/python3
"""200 hostile texts in every place that a program, a user or a host can name,
through every view of the real `tidemark top` in a pseudo terminal: nothing
reaches the terminal but glyphs and the sequences of its own terminfo entry."""
import concurrent.futures
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import tempfile
import termios
import time
import unicodedata
import unittest

import hostile_test
import reports

# What a terminal would act upon; the number is in none of our own sequences.
ATTACKS = [
    b"\x1b[7777z", b"\x1b]0;owned\x07", b"\x1b]52;c;eA==\x1b\\",
    b"\x1bP1$r\x1b\\", b"\x1b_x\x1b\\", b"\x1b^x\x1b\\", b"\x1bc", b"\x1b[6n",
    b"\x1b[c", b"\x1b[?7777h", b"\x1b#8", b"\x9b7777z", b"\xc2\x9b7777z",
    b"\xc2\x90x\xc2\x9c", b"\xc2\x9d0;x\xc2\x9c", b"\x07\x05\x0b\x0c",
    b"\xe2\x80\xae\xd7\xa9", b"\xe2\x81\xa6x", b"\xe2\x80\x8b\xef\xbb\xbf",
    b"\xff\xfe\x1b[7777z", b"\xe4\xb8\xad\x1b[7777z", b"\x1b%G", b"\x1b[>7777c",
    b"\x1b[4i", b"\x1b[?1049l\x1b[7777z",
]

# xterm-256color as ncurses writes it, and the mouse (xterm's ctlseqs).
OURS = re.compile(
    "\x1b\\[[0-9;]*[ABCDGHJKLMPSTXZ@bdfghlmr]"
    "|\x1b\\[\\?(1|7|12|25|1000|1006|1049)(;(1|7|12|25|1000|1006|1049))*[hl]"
    "|\x1b\\[2[23];0;0t|\x1b[()]B|\x1b[=>78M]|[\r\n\b\t]")
KEYS = b"12345678dsSH\x1b[6~"


def run_top(recording):
    """Everything that top writes while every view is shown."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8",
                          XDG_CONFIG_HOME="/nonexistent")
        os.execv(reports.TIDEMARK, ["tidemark", "top", str(recording)])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
    data = read_until(fd, b"\x1b[?1049h")
    data += read_quiet(fd, 0.3)
    for key in [KEYS[i:i + 1] for i in range(12)] + [KEYS[12:]]:
        os.write(fd, key)
        data += read_quiet(fd, 0.02)
    os.write(fd, b"q")
    data += read_until(fd, None)
    os.close(fd)
    return data, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def read_until(fd, end, seconds=30):
    data = b""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and (end is None or end not in data):
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:  # the program has ended
            break
        if not piece:
            break
        data += piece
    return data


def read_quiet(fd, quiet):
    """Until something came and nothing more follows for `quiet` seconds."""
    data = b""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        ready = select.select([fd], [], [], quiet if data else 0.2)[0]
        if not ready:
            if data or quiet < 0.1:
                break
            continue
        data += os.read(fd, 65536)
    return data


def foreign(data):
    """What is neither a sequence of ours nor a glyph."""
    text = data.decode("utf-8")  # anything but UTF-8 is an error
    rest = OURS.sub("", text)
    return [c for c in rest
            if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


class Terminal(unittest.TestCase):
    def test_the_check_sees_an_attack(self):
        for attack in ATTACKS[:11]:
            self.assertTrue(foreign(b"x" + attack), attack)

    def test_nothing_foreign_reaches_the_terminal(self):
        texts = [ATTACKS[i % len(ATTACKS)] + text
                 for i, text in enumerate(hostile_test.texts())]
        with tempfile.TemporaryDirectory(prefix="tidemark-tui-") as folder:
            lines = pathlib.Path(folder) / "texts"
            lines.write_text("\n".join(t.hex() for t in texts) + "\n")
            subprocess.run([reports.WRITE, "recordings", lines, folder],
                           check=True)
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                runs = pool.map(lambda i: run_top(
                    pathlib.Path(folder) / f"{i}.tmk"), range(len(texts)))
                for i, (data, code) in enumerate(runs):
                    with self.subTest(text=texts[i]):
                        self.assertEqual(code, 0)
                        self.assertIn("sensors", data.decode("utf-8"))
                        self.assertEqual(foreign(data), [])
        self.assertEqual(len(texts), 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
