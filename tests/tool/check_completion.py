#!/usr/bin/env python3
"""check_completion.py TIDEMARK TIDEMARKD [FOLDER]: bash and zsh themselves are
asked what they would complete after each command, and that is what its --help
lists: commands and options, none too few and none too many. With a FOLDER (of
`make install`), its scripts are asked instead of what `completion` prints.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

# Options that a command has from `tidemark` itself.
EVERYWHERE = {"-v", "--verbose"}
BASH = r"""
while read -ra path; do
  COMP_WORDS=("${path[@]}" "") COMP_CWORD=${#path[@]} COMPREPLY=()
  _tidemark 2>/dev/null
  words=("${COMPREPLY[@]}")
  COMP_WORDS[COMP_CWORD]=- COMPREPLY=()
  _tidemark
  echo "${words[*]}|${COMPREPLY[*]}"
done
"""
# What the functions would hand to zsh's own completion.
ZSH = r"""
_describe() { print -rn -- "commands " ${${(P)2}%%:*} "" }
_arguments() {
  local each
  for each in "$@"; do
    case $each in
      (-C|:*|[0-9]:*|\*:*) ;;
      (*) print -rn -- "${${each#\*}%%\[*} " ;;
    esac
  done
  state=command
}
_files() { : }
service=none words=() state=""
source $1 >/dev/null
while read -r path_; do
  _${path_// /_}
  print
done
"""


def help_of(path):
    done = subprocess.run([*path, "--help"], check=True, text=True,
                          capture_output=True)
    return done.stdout


def section(text, name):
    found = re.search(rf"^{name}:\n((?:  .*\n)+)", text, re.M)
    return found.group(1) if found else ""


def told(program, name):
    """{path: (commands, options)} of a program and all below it."""
    found, open_paths = {}, [[]]
    while open_paths:
        below = open_paths.pop()
        text = help_of([program, *below])
        commands = re.findall(r"^  ([a-z]+)", section(text, "Commands"), re.M)
        options = set()
        for line in section(text, "Options").splitlines():
            head = re.match(r"  (-.*?)(?:  |$)", line)
            options |= set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*",
                                      head.group(1))) if head else set()
        found[" ".join([name, *below])] = (set(commands), options)
        open_paths += [[*below, command] for command in commands]
    return found


def asked(shell, script, program, paths):
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
        file.write(program)
        file.flush()
        line = {"bash": ["bash", "--norc", "-c",
                         f"source {script}; source {file.name}"],
                "zsh": ["zsh", "-f", file.name, script]}[shell]
        done = subprocess.run(line, input="\n".join(paths) + "\n", text=True,
                              capture_output=True)
    if done.stderr or done.returncode:
        sys.exit(f"{shell}: {done.stderr.strip() or done.returncode}")
    return dict(zip(paths, done.stdout.splitlines()))


def bash_words(line):
    words, options = line.split("|")
    return set(words.split()), set(options.split())


def zsh_words(line):
    options, _, commands = line.partition("commands ")
    return set(commands.split()), set(options.split())


def compare(shell, path, want, have):
    wrong = []
    (commands, options), (offered, flags) = want, have
    if commands and commands != offered:
        wrong.append(f"{shell}: after '{path}': commands differ: "
                     f"{sorted(commands ^ offered)}")
    allowed = options | EVERYWHERE
    wrong += [f"{shell}: {path}: no {each}" for each in options - flags]
    wrong += [f"{shell}: {path}: {each} is not in its help"
              for each in flags - allowed]
    return wrong


def main():
    tidemark, daemon = sys.argv[1:3]
    want = told(tidemark, "tidemark") | told(daemon, "tidemarkd")
    wrong = []
    with tempfile.TemporaryDirectory() as work:
        for shell, program, words_of in (("bash", BASH, bash_words),
                                         ("zsh", ZSH, zsh_words)):
            script = pathlib.Path(work) / shell
            if len(sys.argv) > 3:
                place = {"bash": "bash-completion/completions/tidemark",
                         "zsh": "zsh/site-functions/_tidemark"}[shell]
                script = pathlib.Path(sys.argv[3]) / place
            else:
                script.write_text(subprocess.run(
                    [tidemark, "completion", shell], check=True, text=True,
                    capture_output=True).stdout)
            answers = asked(shell, script, program, list(want))
            if len(answers) != len(want):
                wrong.append(f"{shell}: {len(answers)} of {len(want)} answers")
            for path, answer in answers.items():
                wrong += compare(shell, path, want[path], words_of(answer))
    options = sum(len(each) for _, each in want.values())
    print("\n".join(sorted(wrong)) or f"{len(want)} commands with {options} "
          "options, in bash and in zsh")
    return bool(wrong)


sys.exit(main())
