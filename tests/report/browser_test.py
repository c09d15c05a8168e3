#!/usr/bin/python3
"""The page in a real, headless Chromium: it draws, says nothing, asks nobody,
holds its policy, zooms and answers the mouse and the keyboard, is dark and
light, has names for what is not text, and prints."""
import json
import pathlib
import subprocess
import tempfile
import unittest

import browser
import reports

VISIBLE = """(selector) => [...document.querySelectorAll(selector)]
    .filter((e) => e.getClientRects().length)"""


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = reports.Recordings()
        cls.browser = browser.Browser().__enter__()
        cls.file = cls.render("demo")
        cls.page = cls.browser.open(cls.file, prefers_color_scheme="light")

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.folder.cleanup()

    @classmethod
    def render(cls, name):
        file = f"{cls.folder.name}/{name}.html"
        done = reports.run("report", f"{cls.folder.name}/{name}.tmk", "-f",
                           "html", "-o", file, *reports.GATES)
        assert pathlib.Path(file).exists(), done.stderr
        return file

    def clean(self, page, file):
        self.assertEqual(page.messages, [])
        self.assertEqual(page.requests, [pathlib.Path(file).resolve().as_uri()])

    def setUp(self):
        self.page.call("Page.bringToFront")
        self.page.value("document.activeElement.blur(); scrollTo(0, 0)")

    def tearDown(self):
        self.clean(self.page, self.file)

    def value(self, expression):
        return self.page.value(expression)

    def count(self, selector):
        return self.value(f"document.querySelectorAll('{selector}').length")

    def box(self, selector):
        self.value(f"document.querySelector({json.dumps(selector)})"
                   ".scrollIntoView({block: 'center', behavior: 'instant'})")
        self.browser.settle(0.1)
        return self.value(
            f"(() => {{const r = document.querySelector("
            f"{json.dumps(selector)}).getBoundingClientRect();"
            "return {x: r.x, y: r.y, width: r.width, height: r.height}})()")

    def painted(self, selector):
        """How many colours a chart's canvases hold, transparent not."""
        return self.value(
            "(() => {const seen = new Set();"
            f"for (const c of document.querySelectorAll('{selector} canvas'))"
            "{const d = c.getContext('2d').getImageData(0, 0, c.width,"
            " c.height).data; for (let i = 0; i < d.length; i += 4)"
            " if (d[i + 3]) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);}"
            "return seen.size})()")

    # ------------------------------------------------------------- drawing

    def test_draws_every_chart(self):
        charts = json.loads(self.value(
            "document.getElementById('data').textContent"))["timeline"]
        self.assertGreater(self.count(".chart"), 8)
        self.assertLessEqual(self.count(".chart"), len(charts["charts"]))
        for chart in self.value("[...document.querySelectorAll('.chart')]"
                                ".map((c) => c.dataset.chart)"):
            self.assertGreater(self.painted(f'.chart[data-chart="{chart}"]'),
                               3, chart)

    def test_first_screen_has_verdict_culprit_phase_and_cost(self):
        text = self.value(
            f"({VISIBLE})('body *').filter((e) => !e.children.length &&"
            "e.getBoundingClientRect().bottom <= innerHeight)"
            ".map((e) => e.textContent).join(' ')")
        for said in ("Fail", "leak confirmed", "server", "Cart::checkout",
                     "in every load phase", "CPU per request",
                     "Growth per request"):
            self.assertIn(said, text)

    def test_flame_graph(self):
        boxes = self.count("#flame button")
        self.assertGreater(boxes, 5)
        self.value("(() => {const s = document.querySelector("
                   "'#flame-tools input'); s.value = 'checkout';"
                   "s.dispatchEvent(new Event('input'))})()")
        self.assertEqual(self.count("#flame .hit"), 1)
        self.assertIn("found", self.value(
            "document.querySelector('#flame-tools output').textContent"))
        self.value("document.querySelector('#flame .hit').click()")
        self.assertTrue(self.value("document.activeElement.textContent"
                                   ".includes('checkout')"))
        self.page.key("Escape")
        self.assertEqual(self.count("#flame button"), boxes)
        # Against another phase: red and blue, of the two's shares.
        self.value("(() => {const [, born, other] = document.querySelectorAll("
                   "'#flame-tools select'); born.value = 2; other.value = 1;"
                   "born.dispatchEvent(new Event('change'))})()")
        self.assertIn(" in ", self.value(
            "document.querySelector('#flame button').title"))
        self.value("(() => {const [, born, other] = document.querySelectorAll("
                   "'#flame-tools select'); born.value = -1; other.value = -1;"
                   "born.dispatchEvent(new Event('change'))})()")
        self.assertEqual(self.count("#flame button"), boxes)

    def test_cohorts_are_a_heat_map(self):
        kept = self.value("getComputedStyle(document.querySelector("
                          "'.heat .h10')).backgroundColor")
        gone = self.value("getComputedStyle(document.querySelector("
                          "'.heat .h0')).backgroundColor")
        self.assertNotEqual(kept, gone)

    # ------------------------------------------------------ zoom and hover

    def test_drag_zooms_all_charts_and_a_double_click_ends_it(self):
        box = self.box(".plot")
        y = box["y"] + box["height"] / 2
        labels = ("[...document.querySelectorAll('.plot')].map((p) => "
                  "[...p.querySelectorAll('.dygraph-axis-label-x')]"
                  ".map((l) => l.textContent).join())")
        before = self.value(labels)
        self.page.drag(box["x"] + 150, box["x"] + 300, y)
        self.browser.settle(0.2)
        zoomed = self.value(labels)
        for old, new in zip(before, zoomed):
            self.assertNotEqual(old, new)
        self.assertEqual(len(set(zoomed)), 1)
        self.assertFalse(self.value(
            "document.getElementById('zoom-out').disabled"))
        for clicks in (1, 2):
            for kind in ("mousePressed", "mouseReleased"):
                self.page.mouse(kind, box["x"] + 200, y, button="left",
                                clickCount=clicks)
        self.browser.settle(0.2)
        self.assertEqual(self.value(labels), before)

    def test_hover_tells_the_values_of_all_charts(self):
        box = self.box(".plot")
        self.page.mouse("mouseMoved", box["x"] + box["width"] / 2,
                        box["y"] + box["height"] / 2)
        self.browser.settle(0.2)
        self.assertRegex(self.value(
            "document.getElementById('readout').textContent"), r"UTC · ")
        told = self.value("[...document.querySelectorAll('.chart')].map((c) =>"
                          "c.querySelector('.legend b').textContent)")
        self.assertTrue(all(told), told)
        self.assertEqual(self.value(
            "[...document.querySelectorAll('.hair')].every((h) => "
            "getComputedStyle(h).display === 'block')"), True)
        self.page.mouse("mouseMoved", 1, 1)

    def test_keyboard(self):
        self.value("document.querySelector('.plot').focus()")
        for key in ("ArrowRight", "+", "]", "Escape"):
            self.page.key(key)
        self.browser.settle(0.2)
        self.assertIn("UTC", self.value(
            "document.getElementById('readout').textContent"))
        self.assertTrue(self.value(
            "document.getElementById('zoom-out').disabled"))
        self.page.call("Input.dispatchKeyEvent", type="keyDown", key="Tab")
        self.assertNotEqual(self.value("document.activeElement.tagName"),
                            "BODY")

    # ---------------------------------------------------- dark, light, size

    def test_dark_and_light(self):
        ground = "getComputedStyle(document.body).backgroundColor"
        light = self.value(ground)
        dark = self.browser.open(self.file, prefers_color_scheme="dark")
        self.addCleanup(dark.close)
        self.assertNotEqual(dark.value(ground), light)
        self.clean(dark, self.file)
        self.page.call("Page.bringToFront")
        self.value("document.getElementById('theme').click()")
        self.assertEqual(self.value(ground), dark.value(ground))
        self.value("document.getElementById('theme').click()")
        self.assertEqual(self.value(ground), light)

    def test_no_sideways_scrolling(self):
        for width in (1600, 1280, 800, 390):
            self.page.resize(width, 900)
            self.browser.settle(0.2)
            self.assertLessEqual(self.value(
                "document.documentElement.scrollWidth"), width)
        self.page.resize(1280, 900)
        self.browser.settle(0.2)

    # -------------------------------------------------------------- safety

    def test_policy_stops_what_was_not_built_in(self):
        page = self.browser.open(self.file)
        self.addCleanup(page.close)
        page.value("(() => {const s = document.createElement('script');"
                   "s.textContent = 'window.broke = 1';"
                   "document.body.append(s);"
                   "const i = new Image(); i.src = 'http://127.0.0.1:9/x';"
                   "document.body.append(i);"
                   "document.body.insertAdjacentHTML('beforeend',"
                   "'<b id=x style=\"color: red\" onclick=\"broke=1\">x</b>');"
                   "document.getElementById('x').click()})()")
        self.browser.settle(0.5)
        self.assertIsNone(page.value("window.broke ?? null"))
        refused = "Content Security Policy"
        self.assertGreaterEqual(
            sum(refused in message for message in page.messages), 3)
        self.assertEqual(page.refused, ["csp"])

    # ------------------------------------------------------- accessibility

    def test_everything_has_a_name(self):
        tree = self.page.call("Accessibility.getFullAXTree")["nodes"]
        named = {"button", "link", "img", "image", "table", "region", "textbox",
                 "searchbox", "combobox", "heading"}
        seen = 0
        for node in tree:
            role = node.get("role", {}).get("value")
            if node["ignored"] or role not in named:
                continue
            seen += 1
            self.assertTrue(node.get("name", {}).get("value", "").strip(),
                            (role, node.get("properties")))
        self.assertGreater(seen, 50)
        levels = self.value("[...document.querySelectorAll('h1,h2,h3,h4')]"
                            ".map((h) => Number(h.tagName[1]))")
        self.assertEqual(levels.count(1), 1)
        for a, b in zip(levels, levels[1:]):
            self.assertLessEqual(b, a + 1)
        self.assertEqual(self.value("document.documentElement.lang"), "en")
        ids = self.value("[...document.querySelectorAll('[id]')]"
                         ".map((e) => e.id)")
        self.assertEqual(len(ids), len(set(ids)))

    # --------------------------------------------------------------- paper

    def test_prints(self):
        with tempfile.TemporaryDirectory() as folder:
            file = f"{folder}/report.pdf"
            self.page.pdf(file)
            text = subprocess.run(["pdftotext", "-layout", file, "-"],
                                  capture_output=True, text=True,
                                  check=True).stdout
            info = subprocess.run(["pdfinfo", file], capture_output=True,
                                  text=True, check=True).stdout
        pages = text.count("\f")
        self.assertTrue(2 <= pages <= 12, pages)
        self.assertIn("A4", info)
        for said in ("leaks 412 B of heap per request", "Cart::checkout",
                     "Phases and what they cost", "Quality of the data",
                     "max(rss_anon{role='server'})"):
            self.assertIn(said, " ".join(text.split()))

    # ---------------------------------------------------------- poor runs

    def test_poor_recordings_make_clean_pages(self):
        for name in ("one_tick", "aborted", "gaps", "two_runs", "torn",
                     "damaged", "unmarked"):
            with self.subTest(name):
                file = self.render(name)
                page = self.browser.open(file)
                self.addCleanup(page.close)
                self.assertEqual(page.value(
                    "document.documentElement.dataset.ready"), "true")
                self.clean(page, file)
                self.assertTrue(page.value(
                    "document.querySelector('.banner .word').textContent"))

    def test_hostile_names_stay_text(self):
        texts = [b"</script><img src=x onerror=alert(1)>", b"<b id=bold>x</b>",
                 b"__proto__", b"'\"><svg onload=alert(1)>"]
        lines = pathlib.Path(self.folder.name) / "texts"
        lines.write_text("\n".join(t.hex() for t in texts) + "\n")
        subprocess.run([reports.WRITE, "named", lines, self.folder.name],
                       check=True)
        for i, text in enumerate(texts):
            with self.subTest(text):
                file = f"{self.folder.name}/{i}.html"
                page = self.browser.open(file)
                self.addCleanup(page.close)
                self.clean(page, file)
                self.assertEqual(page.value(
                    "document.querySelectorAll('#bold, main img, [onload],"
                    "[onerror]').length"), 0)
                self.assertIn(text.decode(), page.value(
                    "document.querySelector('.legend').textContent +"
                    "document.querySelector('h1').textContent"))


if __name__ == "__main__":
    unittest.main()
