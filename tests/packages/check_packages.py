#!/usr/bin/env python3
"""check_packages.py DEBS TREE: what the packages in the folder DEBS hold.

Every command has a manual page and a word in both completions, every file
format a page, every library that a program is linked with its license text, and
no file is in two packages. Together the packages hold what `make install
PREFIX=/usr DESTDIR=TREE` has put there.
"""
import gzip
import pathlib
import re
import subprocess
import sys
import tempfile

EXPECTED = {
    "tidemark": [
        "etc/tidemark/tidemark.toml", "usr/bin/tidemark", "usr/bin/tidemarkd",
        "usr/lib/systemd/system/tidemarkd.service",
        "usr/lib/systemd/system/tidemarkd.socket",
        "usr/lib/sysusers.d/tidemark.conf", "usr/lib/tmpfiles.d/tidemark.conf",
        "usr/share/man/man8/tidemarkd.8.gz",
        "usr/share/tidemark/report.schema.json"],
    "libtidemark0": ["usr/lib/libtidemark.so.0"],
    "libtidemark-heap0": ["usr/lib/libtidemark-heap.so.0"],
    "libtidemark-dev": [
        "usr/include/tidemark/tidemark.h", "usr/include/tidemark/tidemark.hpp",
        "usr/lib/libtidemark.so", "usr/lib/libtidemark-heap.so",
        "usr/lib/libtidemark_client.a", "usr/lib/pkgconfig/tidemark.pc",
        "usr/lib/cmake/tidemark/tidemarkConfig.cmake"],
    "python3-tidemark": ["usr/lib/python3/dist-packages/tidemark/__init__.py"],
}
FORMATS = ["tidemark.toml", "tidemark-recording", "tidemark-report",
           "tidemark-gates", "tidemark-plan"]
wrong = []


def said(*words):
    return subprocess.run(words, check=True, text=True,
                          capture_output=True).stdout


def expect(holds, what):
    if not holds:
        wrong.append(what)


def files_of(folder):
    """Paths of files and links, relative to the folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")
            if path.is_symlink() or not path.is_dir()}


def unpack(debs, work):
    """{package: (folder, files)}"""
    found = {}
    for deb in sorted(debs.glob("*.deb")):
        name = said("dpkg-deb", "-f", deb, "Package").strip()
        subprocess.run(["dpkg-deb", "-x", deb, work / name], check=True)
        found[name] = (work / name, files_of(work / name))
    return found


def check_files(packages, tree):
    expect(set(packages) == set(EXPECTED), f"packages: {sorted(packages)}")
    owner = {}
    for name, (_, files) in packages.items():
        for path in EXPECTED.get(name, []):
            expect(path in files, f"{name}: no {path}")
        for path in files:
            expect(path not in owner,
                   f"{path}: in {name} and in {owner.get(path)}")
            owner[path] = name
        for path in ("copyright", "changelog.gz"):
            expect(f"usr/share/doc/{name}/{path}" in files,
                   f"{name}: no {path}")
    installed = {path for path in files_of(tree) if "__pycache__" not in path}
    for path in sorted(installed ^ set(owner)):
        wrong.append(f"{path}: only " +
                     ("installed" if path in installed else "packaged"))


def check_words(folder):
    """Manual and completions of the command."""
    tidemark = folder / "usr/bin/tidemark"
    listed = said(tidemark, "--help").split("Commands:")[1].split("\n\n")[0]
    commands = re.findall(r"^  ([a-z]+)", listed, re.M)
    expect(len(commands) > 10, f"commands: {commands}")
    share = folder / "usr/share"
    scripts = [share / "bash-completion/completions/tidemark",
               share / "zsh/site-functions/_tidemark"]
    texts = {path: path.read_text() for path in scripts}
    for command in commands:
        page = share / f"man/man1/tidemark-{command}.1.gz"
        expect(page.exists(), f"no manual page of {command}")
        for path, text in texts.items():
            expect(re.search(rf"\b{command}\b", text),
                   f"{path.name}: no {command}")
    for name in FORMATS:
        page = share / f"man/man5/{name}.5.gz"
        expect(page.exists(), f"no manual page of {name}")
    for page in share.glob("man/man*/*.gz"):
        with tempfile.NamedTemporaryFile() as file:
            file.write(gzip.decompress(page.read_bytes()))
            file.flush()
            told = subprocess.run(["groff", "-man", "-ww", "-z", file.name],
                                  text=True, capture_output=True).stderr
        expect(not told, f"{page.name}: {told.strip()[:200]}")


def check_licenses(packages):
    """The package of each library that is linked has its text in ours."""
    for name, (folder, files) in packages.items():
        text = (folder / f"usr/share/doc/{name}/copyright").read_text()
        for path in files:
            file = folder / path
            if file.is_symlink() or file.read_bytes()[:4] != b"\x7fELF":
                continue
            for library in re.findall(r"NEEDED.*\[(.*)\]",
                                      said("readelf", "-d", file)):
                owners = re.findall(r"^([^:,\s]+)", said(
                    "dpkg", "-S", f"*/{library}"), re.M)
                expect(any(f"\n{owner}\n---" in text for owner in owners),
                       f"{path}: no license of {library}, {set(owners)}")


def main():
    debs, tree = map(pathlib.Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as work:
        packages = unpack(debs, pathlib.Path(work))
        check_files(packages, tree)
        check_words(packages["tidemark"][0])
        check_licenses(packages)
        count = sum(len(files) for _, files in packages.values())
    print("\n".join(sorted(set(wrong))) or
          f"{len(packages)} packages with {count} files, as they should be")
    return bool(wrong)


sys.exit(main())
