#!/usr/bin/env python3
"""check_packages.py DEBS TREE: what the packages in the folder DEBS hold.

Every command has a manual page and a word in both completions, every file
format a page, every library that a program is linked with its license text; a
client is built with what pkg-config says, and no file is in two packages. Together the packages hold what `make install
PREFIX=/usr DESTDIR=TREE` has put there.
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile

ARCH = sysconfig.get_config_var("MULTIARCH")
EXPECTED = {
    "tidemark": [
        "etc/tidemark/tidemark.toml", "usr/bin/tidemark", "usr/bin/tidemarkd",
        "usr/lib/systemd/system/tidemarkd.service",
        "usr/lib/systemd/system/tidemarkd.socket",
        "usr/lib/sysusers.d/tidemark.conf", "usr/lib/tmpfiles.d/tidemark.conf",
        "usr/share/bash-completion/completions/tidemarkd",
        "usr/share/man/man8/tidemarkd.8.gz",
        "usr/share/tidemark/report.schema.json"],
    "libtidemark0": ["usr/lib/libtidemark.so.0"],
    "libtidemark-heap0": ["usr/lib/libtidemark-heap.so.0"],
    "libtidemark-dev": [
        "usr/include/tidemark/tidemark.h", "usr/include/tidemark/tidemark.hpp",
        "usr/lib/libtidemark.so", "usr/lib/libtidemark-heap.so",
        "usr/lib/libtidemark_client.a", f"usr/lib/{ARCH}/pkgconfig/tidemark.pc",
        "usr/lib/cmake/tidemark/tidemarkConfig.cmake"],
    "python3-tidemark": ["usr/lib/python3/dist-packages/tidemark/__init__.py"],
}
FORMATS = ["tidemark.toml", "tidemark-recording", "tidemark-report",
           "tidemark-gates", "tidemark-plan", "tidemark-suppressions",
           "tidemark-baseline"]
COMPILED_IN = ["libboost-dev", "libcli11-dev", "libjs-dygraphs",
               "libzycore-dev", "nlohmann-json3-dev"]
CLIENT = """
#include <tidemark/tidemark.h>
int main(void) {
  tidemark_session *session = tidemark_open("client", 0);
  tidemark_note(session, "here");
  tidemark_close(session);
  return session == 0;
}
"""
CHECK_COMPLETION = (pathlib.Path(__file__).resolve().parent.parent /
                    "tool/check_completion.py")
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
    for command in commands:
        page = share / f"man/man1/tidemark-{command}.1.gz"
        expect(page.exists(), f"no manual page of {command}")
    asked = subprocess.run(
        [CHECK_COMPLETION, tidemark, folder / "usr/bin/tidemarkd", share],
        text=True, capture_output=True)
    expect(asked.returncode == 0, asked.stdout + asked.stderr)
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


def check_client(packages, work):
    """A program is built with what the packages say, and runs with them."""
    root = work / "sysroot"
    for name in ("libtidemark0", "libtidemark-dev"):
        shutil.copytree(packages[name][0], root, symlinks=True,
                        dirs_exist_ok=True)
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "tidemark"], check=True, text=True,
        capture_output=True, env=os.environ | {
            "PKG_CONFIG_LIBDIR": f"{root}/usr/lib/{ARCH}/pkgconfig",
            "PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1",
            "PKG_CONFIG_ALLOW_SYSTEM_LIBS": "1"}).stdout.split()
    expect(flags == ["-I/usr/include", "-L/usr/lib", "-ltidemark"],
           f"pkg-config: {flags}")
    (work / "client.c").write_text(CLIENT)
    flags = [re.sub("^-([IL])/", rf"-\1{root}/", flag) for flag in flags]
    subprocess.run(["cc", "-o", work / "client", work / "client.c", *flags],
                   check=True)
    told = subprocess.run([work / "client"], text=True, capture_output=True,
                          env=os.environ | {"LD_LIBRARY_PATH":
                                            f"{root}/usr/lib"})
    expect(told.returncode == 0, f"a client: {told}")


def check_licenses(packages):
    """The package of each library that is linked has its text in ours, and
    that of each that is compiled in."""
    folder = packages["tidemark"][0]
    text = (folder / "usr/share/doc/tidemark/copyright").read_text()
    for owner in COMPILED_IN:
        expect(f"\n{owner}\n---" in text, f"no license of {owner}")
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
        check_client(packages, pathlib.Path(work))
        check_licenses(packages)
        count = sum(len(files) for _, files in packages.values())
    print("\n".join(sorted(set(wrong))) or
          f"{len(packages)} packages with {count} files, as they should be")
    return bool(wrong)


sys.exit(main())
