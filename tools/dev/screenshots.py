#!/usr/bin/env python3
"""Makes the README's pictures of a report, one for each reader, 1200 px wide and at most 150 kB.

    screenshots.py REPORT.html [-o tools/pictures]

Needs Debian's chromium, pngquant and, for the typeface, fonts-inter. The same report and packages give the same
pictures, give or take the browser's version.
"""
import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from chromium import Chromium, chromium_path

WIDTH, MOST_BYTES = 1200, 150_000
# Reader: (sections at whose head the picture begins, the first that is there; none: the top of the page; height)
PICTURES = {"pm": ([], 1560), "ds": (["quality", "agreement"], 1560), "mle": (["data", "operations", "lineage"], 1560)}
TOP = """(() => {
  const first = %s.map((id) => document.getElementById(id)).find((element) => element && element.checkVisibility());
  return first ? first.getBoundingClientRect().top + scrollY - 24 : 0;
})()"""


def missing():
    if chromium_path() is None:
        yield "chromium"
    if shutil.which("pngquant") is None:
        yield "pngquant"
    fonts = subprocess.run(["fc-list", "Inter"], capture_output=True, text=True) if shutil.which("fc-list") else None
    if fonts is None or not fonts.stdout.strip():
        yield "fonts-inter"


def picture(browser, report, reader, folder):
    sections, height = PICTURES[reader]
    page = browser.open(report, width=WIDTH, fragment=f"#{reader}")
    page.run("scrollTo(0, 0)")
    top = page.run(TOP % sections)
    whole = page.run("document.scrollingElement.scrollHeight")
    path = folder / f"{reader}.png"
    page.screenshot(path, clip=(0, top, WIDTH, min(height, whole - top)))
    page.close()
    subprocess.run(["pngquant", "--force", "--strip", "--speed=1", "--output", path, "64", path], check=True)
    size = path.stat().st_size
    print(f"{path}: {size:,} bytes")
    return size <= MOST_BYTES


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path(__file__).resolve().parents[1] / "pictures")
    given = parser.parse_args()
    packages = list(missing())
    if packages:
        sys.exit(f"screenshots: not here: {' '.join(packages)} (apt-get install them)")
    given.out.mkdir(parents=True, exist_ok=True)
    with Chromium() as browser:
        if not all([picture(browser, given.report, reader, given.out) for reader in PICTURES]):
            sys.exit(f"screenshots: a picture has more than {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()
