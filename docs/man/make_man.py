#!/usr/bin/env python3
"""make_man.py TIDEMARK TIDEMARKD FOLDER [PAGE...]: a manual page for each
command of `tidemark`, and for tidemarkd, made of what --help says: so none can
miss an option. Packs them, and the written PAGEs beside them.
"""
import gzip
import pathlib
import re
import subprocess
import sys

DATE = ""
SEE_ALSO = ["tidemark(1)", "tidemarkd(8)", "tidemark.toml(5)",
            "tidemark-recording(5)", "tidemark-report(5)",
            "tidemark-gates(5)", "tidemark-plan(5)", "tidemark-baseline(5)",
            "tidemark-suppressions(5)"]


def help_of(program, *words):
    done = subprocess.run([program, *words, "--help"], check=True, text=True,
                          capture_output=True)
    return done.stdout.rstrip("\n").split("\n")


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def sections(lines):
    """The parts of a help text by their heading; "" is what stands first."""
    parts, name = {"": []}, ""
    for line in lines[1:]:
        heading = re.fullmatch(r"([A-Z][A-Za-z ]*):", line)
        if line.lower().startswith("usage:"):
            parts["Usage"] = [line.split(":", 1)[1].strip()]
            name = ""
        elif heading:
            name = heading.group(1)
            parts[name] = []
        elif not line.startswith(" ") and line and name:
            name = ""
            parts[""].append(line)
        else:
            parts.setdefault(name, []).append(line)
    return parts


def items(lines):
    """(option, text) pairs of an indented list; continuation lines join."""
    for line in lines:
        match = re.match(r"^  (\S.*?)(?:\s{2,}(\S.*))?$", line)
        if match:
            yield [match.group(1), match.group(2) or ""]
        elif line.strip():
            yield [None, line.strip()]


def listing(lines):
    out = []
    for name, text in items(lines):
        if name is None:
            out.append(escape(text))
        else:
            out += [".TP", ".B " + escape(name).replace('"', '\\(dq')]
            out.append(escape(text) if text else "\\&")
    return out


def prose(lines):
    out = []
    for line in lines:
        if not line.strip():
            if out and out[-1] != ".PP":
                out.append(".PP")
        elif line.startswith(" "):
            out += [".br", escape(line.strip())]
        else:
            out.append(escape(line))
    while out and out[-1] == ".PP":
        out.pop()
    return out


def page(title, section, lines, summary=None):
    parts = sections(lines)
    body = [f'.TH {title.upper()} {section} "{DATE}" "tidemark" '
            f'"{"System Administration" if section == 8 else "User Commands"}"',
            ".SH NAME",
            f"{escape(title)} \\- {escape(summary or lines[0].rstrip('.'))}",
            ".SH SYNOPSIS",
            ".B " + escape(parts.pop("Usage", [title])[0])]
    rest = prose(parts.pop(""))
    if rest:
        body += [".SH DESCRIPTION", *rest]
    for name, content in parts.items():
        listed = listing(content)
        if listed:
            body += [f".SH {name.upper()}", *listed]
    others = [s for s in SEE_ALSO if s != f"{title}({section})"]
    body += [".SH SEE ALSO", ",\n".join(".BR " + escape(s).replace(
        "(", " (") for s in others).replace(",\n.BR", " ,\n.BR")]
    return "\n".join(body) + "\n"


def commands(program):
    listed = sections(help_of(program))["Commands"]
    return [name for name, _ in items(listed) if name]


def subcommand_help(program, command):
    """The help of a command, with that of its own commands behind it."""
    lines = help_of(program, command)
    parts = sections(lines)
    for name, _ in items(parts.get("Commands", [])):
        if not name:
            continue
        inner = sections(help_of(program, command, name.split()[0]))
        for heading in ("Positionals", "Options"):
            if heading in inner:
                lines += ["", f"{heading} of {name.split()[0]}:"] + inner[heading]
    return lines


def write(path, text):
    packed = gzip.compress(text.encode(), 9, mtime=0)
    path.with_name(path.name + ".gz").write_bytes(packed)


def main():
    program, daemon, out = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    for command in commands(program):
        lines = subcommand_help(program, command)
        write(out / f"tidemark-{command}.1",
              page(f"tidemark-{command}", 1, lines))
    lines = help_of(daemon)
    write(out / "tidemarkd.8", page("tidemarkd", 8, [""] + lines,
                                    "record what a host does, always"))
    for written in map(pathlib.Path, sys.argv[4:]):
        write(out / written.name, written.read_text())


main()
