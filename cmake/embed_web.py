#!/usr/bin/env python3
"""Writes report/html/web_assets.cpp's tables: the page's library, script and
style as they will stand in it, and their hashes.

usage: embed_web.py OUT LIBRARY.js LIBRARY.css STYLE.css SCRIPT.js...

The scripts become one, with a scope of its own.
"""
import base64
import hashlib
import pathlib
import re
import sys


def read(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    # A page that is one file has no map beside it to ask for.
    return re.sub(r"^//# sourceMappingURL=.*$|/\*# sourceMappingURL=.*?\*/", "",
                  text, flags=re.M)


def literal(text):
    data = text.encode()
    rows = []
    for at in range(0, len(data), 16):
        rows.append(",".join(str(byte) for byte in data[at:at + 16]) + ",")
    return "\n".join(rows)


def digest(text):
    return "sha256-" + base64.b64encode(
        hashlib.sha256(text.encode()).digest()).decode()


def main():
    out, library, library_style, style, *scripts = sys.argv[1:]
    script = "".join(map(read, scripts))
    parts = {"library": read(library),
             "script": f"(function () {{\n'use strict';\n{script}}})();\n",
             "style": read(library_style) + read(style)}
    for name, text in parts.items():
        if "</" + ("style" if name == "style" else "script") in text.lower():
            sys.exit(f"embed_web.py: {name} would end its own element")
    lines = ['#include "report/html/web_assets.h"', "", "namespace tidemark {",
             "namespace {", ""]
    for name, text in parts.items():
        lines += [f"constexpr unsigned char k_{name}[] = {{", literal(text),
                  "};"]
    lines += ["", "template <size_t kSize>",
              "std::string_view view(const unsigned char (&bytes)[kSize]) {",
              "  return {reinterpret_cast<const char*>(bytes), kSize};", "}",
              "", "}  // namespace", "",
              "const WebAssets& web_assets() {",
              "  static const WebAssets kAssets = {"]
    lines += [f"      view(k_{name})," for name in parts]
    lines += [f'      "{digest(text)}",' for text in parts.values()]
    lines += ["  };", "  return kAssets;", "}", "", "}  // namespace tidemark",
              ""]
    pathlib.Path(out).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
