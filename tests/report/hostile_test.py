#!/usr/bin/python3
"""200 hostile texts in every place that a program, a user or a host can name,
in every format: parsed by a reader of that format that is not ours, nothing
is there but what a harmless name leaves."""
import collections
import csv
import gzip
import io
import json
import pathlib
import random
import re
import subprocess
import tempfile
import unicodedata
import unittest
import xml.etree.ElementTree

import html5lib
import jsonschema

import figures_test
import perfetto_reader
import pprof_reader
import reports

HARMLESS = "harmless"

SEEDS = [
    b"<script>alert(1)</script>", b"</script><script>alert(1)</script>",
    b"</title><h1>x", b"</style><b>x", b"--><img src=x onerror=alert(1)>",
    b"<!--", b"]]>", b"<![CDATA[", b"<?xml version='1.0'?>", b"&lt;b&gt;",
    b"&#60;b&#62;", b"&quot;onload=&quot;", b"\" onmouseover=\"alert(1)",
    b"' onmouseover='alert(1)", b"javascript:alert(1)", b"<svg/onload=x>",
    b"<a href='javascript:x'>y</a>", b"<iframe src=//x>", b"<base href=//x/>",
    b"<style>*{display:none}</style>", b"<link rel=stylesheet href=//x>",
    b"=1+1", b"=cmd|'/c calc'!A0", b"+1+1", b"-1+1", b"@SUM(A1:A9)",
    b"\t=1+1", b"\r=1+1", b"\n=1+1", b" =1+1", b"\xef\xbc\x9d1+1",
    b"\"=1+1", b"a,b", b"a;b", b"a\"b", b"a\"\"b", b"a\nb", b"a\r\nb",
    b"a\tb", b"'a", b"\x00", b"a\x00b", b"\x07", b"\x08\x08\x08", b"\x1b[2J",
    b"\x1b]0;x\x07", b"\x1b[31mred\x1b[0m", b"\x9b2J", b"\xc2\x9b2J",
    b"\x7f", b"\x80\x81", b"\xff\xfe", b"\xc0\xaf", b"\xc0\x80",
    b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe2\x82",
    b"\xe2\x80\xae\xd7\x90\xd7\x91", b"\xe2\x80\x8bx", b"x\xe2\x80\xa8y",
    b"x\xe2\x80\xa9y", b"\xef\xbb\xbfx", b"\xef\xbf\xbe", b"\xef\xbf\xbf",
    b"\xe2\x81\xa6x\xe2\x81\xa9", b"x\xc2\xady", b"x\xc2\xa0y", b"\xc2\x85",
    b"a\\", b"a\\\\", b"a\\\"b", b"a\\nb", b"\\u0000", b"\\x1b", b"{}", b"}",
    b"{x=\"y\"}", b"x\"} 1\nfake_metric 1", b"# EOF", b"# TYPE x gauge",
    b"__name__", b"le=\"+Inf\"", b"NaN", b"null", b"true", b"1e999", b"-0",
    b"[x](javascript:alert(1))", b"![x](//x)", b"**x**", b"__x__", b"`x`",
    b"```\nx", b"# x", b"\n# x", b"| a | b |", b"a|b", b"<details>",
    b"</details>", b"@octocat", b"#1", b"https://x.example/", b"~~x~~",
    b"- x", b"1. x", b"> x", b"***", b"---", b"<https://x>", b"[^1]",
    b"$HOME", b"$(id)", b"`id`", b"%s%n", b"%25", b"../../etc/passwd", b"/",
    b"a/b", b"a//b", b"#", b"x#1", b"main;evil 100", b"evil 100", b"a b c",
    b";", b" ", b"   ", b"x ", b" x", b".", b"..", b"-", b"--help", b"*",
    b"{0}", b"${x}", b"{{7*7}}", b"<%= 7*7 %>", b"::error::x", b"%0A::x",
    b"data-ready", b"constructor", b"__proto__", b"hasOwnProperty", b"toString",
    "\U0001f4a9".encode(), "e\u0301\u0301\u0301\u0301".encode(),
    "\U0010ffff".encode(), "\u202d\u202e".encode(), "ﷺ".encode(),
    "Ａ＝１".encode(), "\u0000".encode(), "\u2028</script>".encode(),
]


def texts():
    """The 200, each other than all before; the last ones drawn from the
    pieces of the first."""
    draw = random.Random(7)
    found = list(dict.fromkeys(SEEDS))
    while len(found) < 200:
        one = b"".join(draw.sample(SEEDS, 2))[:60]
        if one not in found:
            found.append(one)
    return found


HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hidden(text, allowed="\n"):
    """Control bytes and characters that turn or hide text."""
    return [c for c in text if unicodedata.category(c) in HIDDEN
            and c not in allowed]


def skeleton(node):
    """Elements and the names of their attributes. A text that was cut has its
    whole as a tooltip: that span is no element here."""
    children = []
    for child in node:
        if child.tag == "span" and list(child.attrib) == ["title"]:
            children += skeleton(child)[2]
        else:
            children.append(skeleton(child))
    tag = node.tag if isinstance(node.tag, str) else "comment"
    return (tag, tuple(sorted(node.attrib)), tuple(children))


class Hostile(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tidemark-hostile-")
        cls.texts = texts()
        lines = pathlib.Path(cls.folder.name) / "texts"
        lines.write_text("\n".join(
            t.hex() for t in [HARMLESS.encode(), *cls.texts]) + "\n")
        subprocess.run([reports.WRITE, "named", lines, cls.folder.name],
                       check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_two_hundred(self):
        self.assertGreaterEqual(len(set(self.texts)), 200)

    def each(self, form):
        """[(text, report)], the first of the harmless name."""
        for i, text in enumerate([HARMLESS.encode(), *self.texts]):
            data = (pathlib.Path(self.folder.name) / f"{i}.{form}").read_bytes()
            self.assertTrue(data, text)
            yield text, data

    def same(self, form, shape):
        """shape(report) of every text is that of the harmless one."""
        expected = None
        for text, data in self.each(form):
            try:
                found = shape(data)
            except Exception as error:
                raise AssertionError(f"{form} of {text!r}") from error
            if expected is None:
                expected = found
            self.assertEqual(found, expected, f"{form} of {text!r}")

    def test_html(self):
        # What was built in is the same in all: its bytes are compared, not
        # parsed 200 times.
        built_in = re.compile(rb"<(script|style)>.*?</\1>", re.S)
        once = set()

        def shape(data):
            once.add(tuple(m.group(0) for m in built_in.finditer(data)))
            rest = built_in.sub(rb"<\1></\1>", data)
            parser = html5lib.HTMLParser(strict=True,
                                         namespaceHTMLElements=False)
            page = parser.parse(rest.decode())
            json.loads(page.find(".//script[@id='data']").text)
            self.assertEqual(hidden(rest.decode()), [])
            return skeleton(page)

        self.same("html", shape)
        self.assertEqual(len(once), 1)

    def test_json(self):
        def shape(data):
            report = json.loads(data, parse_constant=self.fail)
            figures_test.STRICT.validate(report)
            self.assertEqual(hidden(data.decode().replace("\\u200d", ""),
                                    "\n\u00ad\u200b\u202a\u202b\u202c\u202d"
                                    "\u202e\u2028\u2029\u2066\u2069\ufeff"),
                             [])
            return [(k, len(v) if isinstance(v, list) else 0)
                    for k, v in report.items()]

        self.same("json", shape)

    def test_csv(self):
        def shape(data):
            text = data.decode()
            self.assertEqual(hidden(text), [])
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            for row in rows:
                self.assertEqual(len(row), 10, row)
                for cell in row:
                    first = unicodedata.normalize("NFKC", cell.lstrip(" "))[:1]
                    if first in ("=", "+", "@", "\t", "\r"):
                        self.fail(f"a formula: {cell!r}")
                    if first == "-":
                        float(cell)
            return [(row[0], row[7], row[9]) for row in rows]

        self.same("csv", shape)

    def test_junit(self):
        def shape(data):
            self.assertEqual(hidden(data.decode()), [])
            return skeleton(xml.etree.ElementTree.fromstring(data))

        self.same("junit", shape)

    def test_svg(self):
        def shape(data):
            self.assertEqual(hidden(data.decode()), [])
            return skeleton(xml.etree.ElementTree.fromstring(data))

        self.same("svg", shape)

    def test_md(self):
        def shape(data):
            self.assertEqual(hidden(data.decode()), [])
            self.assertNotRegex(data.decode(), r"(?<![\w&#;])@\w")
            page = subprocess.run(
                ["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink",
                 "-e", "strikethrough"], input=data, capture_output=True,
                check=True).stdout.decode()
            return skeleton(html5lib.parse(page, namespaceHTMLElements=False))

        self.same("md", shape)

    def test_text(self):
        def shape(data):
            self.assertEqual(hidden(data.decode()), [])

        self.same("text", shape)

    def test_openmetrics(self):
        pattern = re.compile(
            r'([a-z_0-9]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} '
            r"(\S+) (\S+)")

        def shape(data):
            text = data.decode()
            self.assertEqual(hidden(text), [])
            lines = text.split("\n")
            self.assertEqual(lines[-2:], ["# EOF", ""])
            names = collections.Counter()
            for line in lines[:-2]:
                if line.startswith("# "):
                    names[tuple(line.split(" ")[:3])] += 1
                    continue
                match = pattern.fullmatch(line)
                self.assertIsNotNone(match, line)
                float(match[3]), float(match[4])
                names[match[1]] += 1
            return names

        self.same("openmetrics", shape)
        # All of them at once: joined by their names they make one database.
        with tempfile.TemporaryDirectory() as folder:
            for i, (text, data) in enumerate(self.each("openmetrics")):
                if i % 10:
                    continue
                source = pathlib.Path(folder) / "run.om"
                source.write_bytes(data)
                done = subprocess.run(
                    ["promtool", "tsdb", "create-blocks-from", "openmetrics",
                     source, f"{folder}/{i}"], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0,
                                 f"{text!r}: {done.stdout + done.stderr}")

    def test_perfetto(self):
        def shape(data):
            trace = perfetto_reader.Trace(data)
            for name in [t.name for t in trace.tracks.values()]:
                self.assertEqual(hidden(name), [])
            return (len(trace.tracks), len(trace.slices), len(trace.instants),
                    sum(len(t.values) for t in trace.tracks.values()))

        self.same("perfetto", shape)

    def test_pprof(self):
        def shape(data):
            profile = pprof_reader.Profile(gzip.decompress(data))
            return (profile.types, len(profile.functions),
                    [(values, len(labels), len(frames))
                     for values, labels, frames in profile.samples])

        self.same("pprof", shape)

    def test_folded(self):
        def shape(data):
            lines = data.decode().split("\n")
            self.assertEqual(hidden(data.decode()), [])
            return [(line.count(";"), line.rsplit(" ", 1)[1:])
                    for line in lines]

        self.same("folded", shape)


if __name__ == "__main__":
    unittest.main()
