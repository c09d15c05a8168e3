#!/usr/bin/env python3
"""Fails on an include that points up, and on a third-party header outside its
room. The rules are in layers.txt; --root checks another tree (its tests do).
"""
import argparse
import pathlib
import posixpath
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
SUFFIXES = {".c", ".cpp", ".h", ".hpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
# The kernel's and libc's headers that have a folder; all others with a folder
# must be declared.
SYSTEM = ("sys/", "linux/", "net/", "netinet/", "arpa/", "asm/", "gnu/",
          "bits/")


def read_rules(path):
    layers, headers = {}, {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] not in ("layer", "header") or len(words) < 2:
            sys.exit(f"{path}:{number}: not a rule: {line.strip()}")
        table = layers if words[0] == "layer" else headers
        if words[1] in table:
            sys.exit(f"{path}:{number}: {words[1]} is declared twice")
        table[words[1]] = words[2:]
    return layers, headers


def inside(path, place):
    return place == "*" or path == place or path.startswith(place + "/")


def layer_of(path, layers):
    homes = [name for name in layers if inside(path, name)]
    return max(homes, key=len) if homes else None


def check_quoted(path, target, layers, root):
    """`target` as written; relative to the root, or to the file's folder."""
    if not (root / target).exists():
        near = posixpath.normpath(
            (pathlib.PurePosixPath(path).parent / target).as_posix())
        if not (root / near).exists():
            return None  # generated, or the compiler will say
        target = near
    home, theirs = layer_of(path, layers), layer_of(target, layers)
    if theirs is None:
        return f"{target} is in no layer"
    if theirs == home or "*" in layers[home]:
        return None
    if any(inside(target, place) for place in layers[home]):
        return None
    return f"{home} may not include {target}"


def check_angle(path, target, headers):
    for prefix, rooms in headers.items():
        if target.startswith(prefix):
            if any(inside(path, room) for room in rooms):
                return None
            return f"<{target}> belongs in {' '.join(rooms)}"
    if "/" in target and not target.startswith(SYSTEM):
        return f"<{target}> is not declared in layers.txt"
    return None


def check_file(root, path, layers, headers):
    text = (root / path).read_text(errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        if match[1] == '"':
            problem = check_quoted(path, match[2], layers, root)
        elif "*" in layers[layer_of(path, layers)]:
            problem = None
        else:
            problem = check_angle(path, match[2], headers)
        if problem:
            yield f"{path}:{number}: {problem}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=HERE.parent)
    parser.add_argument("--rules", type=pathlib.Path,
                        default=HERE / "layers.txt")
    options = parser.parse_args()
    layers, headers = read_rules(options.rules)
    problems, count = [], 0
    for layer in layers:
        for file in sorted((options.root / layer).rglob("*")):
            path = file.relative_to(options.root).as_posix()
            if file.suffix in SUFFIXES and layer_of(path, layers) == layer:
                count += 1
                problems += check_file(options.root, path, layers, headers)
    print("\n".join(problems) if problems else
          f"layers: {count} files, no include points up")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
