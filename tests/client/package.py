#!/usr/bin/env python3
"""Installs the client into an empty place and builds a program against it:
through pkg-config, through find_package, shared and static; and runs each with
no daemon.

    package.py BUILD_FOLDER SOURCE_OF_A_PROGRAM
"""
import os
import pathlib
import subprocess
import sys
import tempfile

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(tidemark 0.1 REQUIRED)
add_executable(shared user.c)
target_link_libraries(shared PRIVATE tidemark::tidemark)
add_executable(static user.c)
target_link_libraries(static PRIVATE tidemark::tidemark_static Threads::Threads)
"""


def run(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def main(build, source):
    place = pathlib.Path(tempfile.mkdtemp(prefix="tidemark-package-"))
    prefix = place / "usr"
    for component in ("libtidemark0", "libtidemark-dev"):
        run("cmake", "--install", build, "--component", component, "--prefix",
            prefix)
    (pc,) = prefix.glob("lib/**/tidemark.pc")
    libraries = pc.parent.parent
    env = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent),
               LD_LIBRARY_PATH=str(libraries),
               TIDEMARK_SOCKET="/nonexistent/tidemark.sock")
    # The prefix was chosen after the file was written.
    flags = run("pkg-config", f"--define-variable=prefix={prefix}", "--cflags",
                "--libs", "tidemark", env=env).split()
    sanitize = os.environ.get("TIDEMARK_SANITIZE_FLAGS", "").split()
    run("cc", source, "-o", place / "by_pc", *flags, *sanitize)
    print(run(place / "by_pc", "1", env=env).strip())
    (place / "CMakeLists.txt").write_text(PROJECT)
    (place / "user.c").write_text(pathlib.Path(source).read_text())
    run("cmake", "-S", place, "-B", place / "b",
        f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_C_FLAGS={' '.join(sanitize)}", env=env)
    run("cmake", "--build", place / "b", env=env)
    for name in ("shared", "static"):
        print(run(place / "b" / name, "1", env=env).strip())
    subprocess.run(["rm", "-r", place], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
