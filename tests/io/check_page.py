#!/usr/bin/env python3
"""Opens report pages in a headless Chromium: no console message, no request, no sideways scroll, accessible.

    check_page.py PAGE...      every problem as page: mode: rule: sentence; exit 1 where there is one
    check_page.py --self-test  each rule of page_checks.js against a page that breaks it

Exit 77 where this machine has no Chromium. The accessibility rules are our own, after WCAG 2.1 AA.
"""
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/dev"))
from chromium import Chromium, chromium_path

CHECKS = (Path(__file__).parent / "page_checks.js").read_text()
OPEN_ALL = "document.querySelectorAll('details').forEach((details) => { details.open = true; })"
MODES = [("desktop", dict(width=1280)), ("dark", dict(width=1280, dark=True)), ("phone", dict(width=390, phone=True)),
         ("phone dark", dict(width=390, phone=True, dark=True)), ("#pm", dict(fragment="#pm")), ("#ds", dict(fragment="#ds")),
         ("#mle", dict(fragment="#mle", width=390, phone=True))]
SECTIONS = "[...document.querySelectorAll('main > *')].filter((e) => e.checkVisibility()).map((e) => [...e.classList].join(' '))"
# Nothing of a view's folded sections may stay hidden.
FOLDED = "[...document.querySelectorAll('main > details > .inside')].filter((e) => e.parentElement.checkVisibility() && !e.checkVisibility({contentVisibilityAuto: true})).length"


def check_view(page, reader):
    for classes in page.run(SECTIONS):
        if reader not in classes.split():
            yield f"view: shows a section of {classes}"
    if page.run(FOLDED) != 0:
        yield "view: a section of the reader stays folded"


SLIDER = "document.getElementById('threshold-range')"
SAID = f"{SLIDER}.parentElement.querySelector('output').textContent"
SHOWN = "document.getElementById('threshold').checkVisibility()"
MARK = "document.getElementById('threshold-mark')"
DRAWN = f"getComputedStyle({MARK}).display !== 'none'"


def check_slider(page):
    """By keyboard alone: what it says, what is read out, where the mark stands; not in print."""
    if page.run(SLIDER + " === null"):
        return
    if not page.run(SHOWN):
        yield "slider: the script did not show it"
    page.run(SLIDER + ".focus()")
    seen = []
    for key in ("Home", "ArrowRight", "End", "ArrowLeft"):
        page.press(key)
        seen.append((page.run(SAID), page.run(MARK + ".getAttribute('transform')")))
        if page.run(SLIDER + ".getAttribute('aria-valuetext')") != seen[-1][0]:
            yield f"slider: {key}: what is read out is not what is shown"
    if len(set(seen)) != len(seen):
        yield f"slider: keys change nothing: {seen}"
    if not re.fullmatch(r"Acting on no row: 0 rows \(0\.0 %\), worth .*", seen[0][0]):
        yield f"slider: the first place says: {seen[0][0]}"
    inside = "(() => { const a = %s.getBoundingClientRect(), b = %s.ownerSVGElement.getBoundingClientRect(); return a.left >= b.left && a.right <= b.right && a.top >= b.top - 1 && a.bottom <= b.bottom; })()"
    if not page.run(inside % (MARK, MARK)) or not page.run(DRAWN):
        yield "slider: the mark does not stand in its plot"
    page.send("Emulation.setEmulatedMedia", media="print")
    if page.run(SHOWN) or page.run(DRAWN):
        yield "slider: it is printed"
    page.send("Emulation.setEmulatedMedia", media="")


def check_without_scripts(browser, path):
    page = browser.open(path, scripts=False)
    if page.run("document.getElementById('threshold')?.checkVisibility()"):
        yield "slider: shown where no script moves it"
    yield from (f"console: {line}" for line in page.problems())
    page.close()


def check(browser, path, modes=MODES):
    if not Path(path).is_file():
        yield f"{path}: no such file"
        return
    for mode, options in modes:
        page = browser.open(path, **options)
        if mode.startswith("#"):
            yield from (f"{path}: {mode}: {said}" for said in check_view(page, mode[1:]))
        page.run(OPEN_ALL)
        if mode == "desktop":
            yield from (f"{path}: {said}" for said in check_slider(page))
        for said in page.run(CHECKS) + [f"console: {line}" for line in page.problems()]:
            yield f"{path}: {mode}: {said}"
        page.close()
    yield from (f"{path}: no scripts: {said}" for said in check_without_scripts(browser, path))


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><meta name="viewport" content="width=device-width">
<style>:focus-visible { outline: 2px solid #000 } body { background: #fff; color: #000 }</style></head>
<body><header><h1>One</h1></header><main><h2>Two</h2><p>words</p>
<table><caption>c</caption><thead><tr><th scope="col">a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>
<figure><figcaption>f</figcaption><svg role="img" viewBox="0 0 9 9"><title>t</title><desc>d</desc><text class="name">x</text></svg>
<details><summary>Numbers</summary><table><caption>c</caption><thead><tr><th scope="col">a</th></tr></thead></table></details></figure>
</main><footer>foot</footer></body></html>"""
# rule: (what is replaced, by what)
BROKEN = {
    "lang": ('lang="en"', ""), "title": ("<title>t</title><meta", "<title></title><meta"), "zoom": ("width=device-width", "user-scalable=no"),
    "landmark": ("<footer>foot</footer>", ""), "region": ("<main>", "lost words<main>"), "unique-id": ("<p>", '<p id="a"></p><p id="a">'),
    "id": ("<p>", '<p id="a b">'), "reference": ("<p>", '<p aria-labelledby="none">'), "link": ("<p>", '<p><a href="#none">l</a>'),
    "heading-one": ("<h1>One</h1>", ""), "heading-order": ("<p>", "<h4>Four</h4><p>"), "heading-empty": ("<p>", "<h3></h3><p>"),
    "caption": ("<main><h2>Two</h2><p>words</p>\n<table><caption>c</caption>", "<main><h2>Two</h2><table>"),
    "headers": ("<p>", "<table><caption>c</caption><tbody><tr><td>1</td></tr></tbody></table><p>"), "scope": ('scope="col"', ""),
    "header-empty": ('<th scope="col">a</th>', '<th scope="col"></th>'), "columns": ("<td>1</td>", "<td>1</td><td>2</td>"),
    "list": ("<p>", "<ul><b>x</b></ul><p>"), "definition-list": ("<p>", "<dl><dt>x</dt></dl><p>"), "svg-role": ('role="img"', ""),
    "svg-title": ("<title>t</title><desc>", "<desc>"), "figure-caption": ("<figcaption>f</figcaption>", ""),
    "figure-description": ("<desc>d</desc>", ""), "figure-axes": ('class="name"', ""), "figure-table": ("<details>", "<div>"),
    "alt": ("<p>", '<img src="data:," width="9"><p>'), "tabindex": ("<p>", '<p tabindex="3">'), "name": ("<p>", '<a href="#"></a><p>'),
    "label": ("<p>", '<input type="range"><p>'), "focus": ("2px solid #000", "none"), "focusable": ("<p>", '<a>words</a><p>'),
    "scroll-focus": ("<p>", '<div style="height: 20px; overflow-y: scroll" ><p>a</p><p>b</p><p>c</p></div><p>'),
    "contrast": ("color: #000", "color: #999"), "graphics-contrast": ('<text class="name">', '<rect class="fill" fill="#ddd" width="5" height="5"/><text class="name">'),
    "horizontal-scroll": ("<p>", '<p style="width: 3000px">'), "wide": ("<p>", '<p style="width: 3000px">'),
    "console": ("<p>", "<script>console.error('x')</script><p>"),
}


def self_test(browser):
    rules = set(re.findall(r'say\("([a-z-]+)"', CHECKS)) | {"landmark", "console"}
    for rule in sorted(rules - set(BROKEN)):
        yield f"no example breaks the rule {rule}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        path.write_text(PAGE)
        yield from (f"the good page: {said}" for said in check(browser, path, MODES[:1]))
        for rule, (old, new) in BROKEN.items():
            if old not in PAGE:
                yield f"{rule}: nothing to replace"
            path.write_text(PAGE.replace(old, new, 1))
            said = list(check(browser, path, MODES[:1]))
            if not any(f": {rule}: " in line for line in said):
                yield f"{rule}: not found in its example: {said}"


def main():
    if chromium_path() is None:
        print("check_page: no Chromium here (Debian's package chromium)")
        return 77
    with Chromium() as browser:
        if sys.argv[1:] == ["--self-test"]:
            problems = list(self_test(browser))
        else:
            problems = [said for path in sys.argv[1:] for said in check(browser, path)]
    print("\n".join(problems) or f"check_page: {len(sys.argv) - 1} pages, no problem")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
