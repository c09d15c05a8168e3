#!/usr/bin/env python3
"""The documents are true where a machine can tell.

- The worked examples of docs/adding.md compile, warnings being errors: C++ with
  g++, probes with clang, their skeletons made by bpftool.
- Every command of cli/commands.def has its paragraph in the manual page.
- Code in README.md that a linked file under client/ introduces is that file,
  which tests run.
- Every relative link of a Markdown file leads to a file.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import check_defs

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = ["-fsyntax-only", "-std=c++23", "-Wall", "-Wextra", "-Wshadow",
         "-Wconversion", "-Wold-style-cast", "-Werror",
         "-Wno-missing-field-initializers"]
EXAMPLE = re.compile(r"^\*\*`([^`]+)`\*\*[^\n]*(?:\n[^\n`]+)*\n\n"
                     r"```c(?:pp)?\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
COPIED = re.compile(r"\]\((client/[^)]+)\):\n\n```\w+\n(.*?)^```$",
                    re.M | re.S)
SKIPPED = {"build", ".git"}


def run(*command, **more):
    return subprocess.run(list(map(str, command)), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **more)


def multiarch():
    return run("gcc", "-print-multiarch").stdout.strip()


def build_probe(folder, path):
    """Compiles folder/path and writes its skeleton there. The output."""
    name = path.name.removesuffix(".bpf.c")
    done = run("clang", "-target", "bpf", "-mcpu=v3", "-g", "-O2", "-Wall",
               "-Wextra", "-Werror", "-Wno-unused-parameter", "-I", ROOT,
               "-idirafter", f"/usr/include/{multiarch()}",
               "-c", folder / path, "-o", folder / f"{name}.bpf.o")
    if done.returncode:
        return done.stdout
    bpftool = shutil.which("bpftool", path="/usr/sbin:/sbin:/usr/bin:/bin")
    done = subprocess.run([bpftool, "gen", "skeleton",
                           folder / f"{name}.bpf.o", "name", f"{name}_bpf"],
                          capture_output=True, text=True)
    (folder / f"{name}.skel.h").write_text(done.stdout)
    return done.stderr if done.returncode else ""


def examples(text):
    """[(path, code)] of the blocks that a bold file name introduces."""
    return [(pathlib.Path(name), code) for name, code in EXAMPLE.findall(text)]


def check_examples(folder):
    found = examples((ROOT / "docs/adding.md").read_text())
    for path, code in found:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(code)
    for path, _ in sorted(found, key=lambda one: one[0].suffix != ".c"):
        if path.name.endswith(".bpf.c"):
            output = build_probe(folder, path)
        elif path.suffix == ".cpp":
            output = run("g++", *FLAGS, "-I", folder, "-isystem", folder,
                         "-I", ROOT, folder / path).stdout
        else:
            continue  # a header: what includes it was compiled
        if output:
            yield f"docs/adding.md: {path} does not compile:\n{output}"
    if len(found) < 7:
        yield f"docs/adding.md: only {len(found)} examples were found"


def check_manual():
    manual = (ROOT / "docs/man/tidemark.1").read_text()
    for _, name in check_defs.listed_names(ROOT / "cli/commands.def",
                                           "COMMAND"):
        if not re.search(rf"^\.B \"?(tidemark )?{name}\b", manual, re.M):
            yield f"docs/man/tidemark.1: nothing of the command {name}"


def check_copies():
    copies = COPIED.findall((ROOT / "README.md").read_text())
    for path, code in copies:
        if (ROOT / path).read_text() != code:
            yield f"README.md: not what {path} holds"
    if len(copies) < 6:
        yield f"README.md: only {len(copies)} examples were found"


def check_links():
    for file in sorted(ROOT.rglob("*.md")):
        if SKIPPED & set(file.relative_to(ROOT).parts):
            continue
        prose = re.sub(r"(?ms)^```.*?^```", "", file.read_text())
        for target in LINK.findall(prose):
            if "://" in target or (file.parent / target).exists():
                continue
            yield f"{file.relative_to(ROOT)}: {target} does not exist"


def main():
    with tempfile.TemporaryDirectory() as folder:
        problems = [*check_examples(pathlib.Path(folder)), *check_manual(),
                    *check_copies(), *check_links()]
    print("\n".join(problems) if problems else
          "docs: examples compile, commands have their paragraph, links lead "
          "somewhere")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
