#!/usr/bin/env python3
"""Fails when two files define a class of one name in the same namespace.

Two such classes linked into one program break the one-definition rule: the
linker keeps one constructor, or one vtable, for both, and says nothing. A
class that only its file uses belongs into an unnamed namespace.
"""
import collections
import re
import sys

import sources

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\])\''
    r"|\bnamespace\s+(?P<space>\w[\w:]*)?\s*\{"
    r"|\b(?:class|struct|union)\s+(?:alignas\([^)]*\)\s*)?(?P<type>\w+)\s*"
    r"(?:final\s*)?(?::(?!:)[^;{}()]*)?\{"
    r"|[{}]", re.S)


def types(text):
    """Names, with their namespace, of the classes that others could see."""
    scopes = []  # a namespace's name, "" for an unnamed one, None for a block
    for token in TOKEN.finditer(text):
        word = token.group(0)
        if word == "}":
            if scopes:
                scopes.pop()
        elif word.startswith("namespace"):
            scopes.append(token["space"] or "")
        elif token["type"]:
            if all(scopes):
                yield "::".join([*scopes, token["type"]])
            scopes.append(None)
        elif word == "{":
            scopes.append(None)


def defined_twice(root=sources.ROOT):
    """{name: files} of the product's classes that stand in several files."""
    places = collections.defaultdict(set)
    for path in sources.sources(root):
        if (path.parts[0] in ("tests", "bench", "client") or
                path.name.endswith(".bpf.c")):
            continue  # programs of their own
        for name in types((root / path).read_text(errors="replace")):
            places[name].add(str(path))
    return {name: sorted(files) for name, files in sorted(places.items())
            if len(files) > 1}


def main():
    twice = defined_twice()
    for name, files in twice.items():
        print(f"{name} is defined in {' and in '.join(files)}")
    sys.exit(1 if twice else 0)


if __name__ == "__main__":
    main()
