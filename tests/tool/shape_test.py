"""The shape checks themselves: a tree with a fault must fail them."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import check_names
import check_sizes
import check_skips

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(script, root):
    done = subprocess.run([sys.executable, ROOT / script, "--root", root],
                          capture_output=True, text=True)
    return done.returncode, done.stdout


class Tree(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def write(self, path, text=""):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class Layers(Tree):
    def check(self, path, include):
        shutil.rmtree(self.root)
        for target in ("core/base/a.h", "core/store/s.h", "daemon/d.h",
                       "client/channel.h", "client/client.h", "tui/t.h"):
            self.write(target)
        self.write(path, f"#include {include}\n")
        return run("cmake/check_layers.py", self.root)

    def test_an_arrow_down_is_allowed(self):
        code, text = self.check("core/store/x.cpp", '"core/base/a.h"')
        self.assertEqual(code, 0, text)

    def test_an_arrow_up_fails_and_is_named(self):
        code, text = self.check("core/base/x.cpp", '"core/store/s.h"')
        self.assertEqual(code, 1)
        self.assertIn("core/base/x.cpp:1: core/base may not include "
                      "core/store/s.h", text)

    def test_neighbours_do_not_include_each_other(self):
        self.assertEqual(self.check("tui/x.cpp", '"daemon/d.h"')[0], 1)

    def test_one_file_of_a_folder_may_be_allowed(self):
        self.assertEqual(self.check("daemon/x.cpp", '"client/channel.h"')[0], 0)
        self.assertEqual(self.check("daemon/x.cpp", '"client/client.h"')[0], 1)

    def test_a_relative_path_does_not_hide_the_arrow(self):
        self.assertEqual(self.check("core/base/x.cpp", '"../store/s.h"')[0], 1)

    def test_third_party_headers_keep_to_their_room(self):
        self.assertEqual(self.check("probes/x.cpp", "<bpf/libbpf.h>")[0], 0)
        self.assertEqual(self.check("daemon/x.cpp", "<bpf/libbpf.h>")[0], 1)
        self.assertEqual(self.check("tui/screen.cpp", "<ncurses.h>")[0], 0)
        self.assertEqual(self.check("tui/app.cpp", "<ncurses.h>")[0], 1)

    def test_an_undeclared_third_party_header_fails(self):
        code, text = self.check("daemon/x.cpp", "<absl/strings/str_cat.h>")
        self.assertEqual(code, 1)
        self.assertIn("not declared", text)

    def test_standard_and_system_headers_pass(self):
        for header in ("<vector>", "<unistd.h>", "<sys/mman.h>"):
            self.assertEqual(self.check("core/base/x.cpp", header)[0], 0)


class Defs(Tree):
    def test_lines_and_files_that_agree_pass(self):
        self.write("tui/views.def", "// VIEW(x, key)\nVIEW(leaks, '3')\n")
        self.write("tui/views/leaks.cpp")
        self.write("tui/views/matrix.cpp")
        self.write("tui/views/matrix.h")
        self.assertEqual(run("tests/tool/check_defs.py", self.root)[0], 0)

    def test_a_line_without_a_file_fails(self):
        self.write("report/formats.def", "FORMAT(html)\n")
        code, text = run("tests/tool/check_defs.py", self.root)
        self.assertEqual(code, 1)
        self.assertIn("no file report/formats/html.cpp", text)

    def test_a_file_without_a_line_fails(self):
        self.write("probes/probes.def", "PROBE(exec)\n")
        self.write("probes/exec.bpf.c")
        self.write("probes/block.bpf.c")
        code, text = run("tests/tool/check_defs.py", self.root)
        self.assertEqual(code, 1)
        self.assertIn("probes/block.bpf.c: no PROBE line", text)

    def test_a_line_twice_fails(self):
        self.write("cli/commands.def", "COMMAND(top, 1)\nCOMMAND(top, 1)\n")
        self.write("cli/commands/top.cpp")
        self.assertEqual(run("tests/tool/check_defs.py", self.root)[0], 1)


class Sizes(unittest.TestCase):
    def test_functions_are_measured_from_signature_to_brace(self):
        text = ["int a();", "", "int b(int x,", "      int y) {", "  return x;",
                "}", "", "struct S {", "  int c() {", "    return 1;", "  }",
                "};", "int d() {", "}"]
        self.assertEqual(list(check_sizes.functions(text)), [(3, 4), (13, 2)])


class Names(Tree):
    def check(self, other):
        self.write("tui/a.cpp", "namespace tidemark {\n"
                   "struct Row {\n  int a;\n  enum class E { x };\n};\n}\n")
        self.write("report/b.cpp", other)
        return check_names.defined_twice(self.root)

    def test_one_name_in_two_folders_is_found(self):
        found = self.check("namespace tidemark {\nclass Row : Base {\n};\n}")
        self.assertEqual(
            found, {"tidemark::Row": ["report/b.cpp", "tui/a.cpp"]})

    def test_unnamed_namespaces_keep_their_names(self):
        self.assertEqual(self.check(
            "namespace tidemark {\nnamespace {\nstruct Row {};\n}\n}"), {})

    def test_other_namespaces_members_and_declarations_are_apart(self):
        self.assertEqual(self.check(
            "namespace other {\nstruct Row {};\n}\nnamespace tidemark {\n"
            "struct Row;\nstruct Table {\n  struct Row {};\n};\n"
            "struct Table::Row2 {};\n// struct Row {\n"
            'const char* s = "struct Row {";\n}'), {})


class Skips(Tree):
    def test_a_skipped_case_is_found_with_its_reason(self):
        self.write("r.xml", """<testsuite>
          <testcase name="A.Ran" status="run"/>
          <testcase name="A.Left" status="notrun">
            <skipped message=""/><system-out>x
[  SKIPPED ] no bpf(2)</system-out></testcase></testsuite>""")
        self.assertEqual(check_skips.skipped_tests(self.root / "r.xml"),
                         {"A.Left": "[  SKIPPED ] no bpf(2)"})


if __name__ == "__main__":
    unittest.main()
