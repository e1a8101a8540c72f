"""Every page of the book in headless Chromium: opens, is quiet, stays on this machine, reads on a phone and in the dark."""

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
SCHEMES = ("light", "dark")

LOOK = """() => {
  const channels = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = text => channels(text).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {  // the nearest ground that is not see-through
    for (let e = element; e; e = e.parentElement) {
      const parts = channels(getComputedStyle(e).backgroundColor);
      if (parts.length === 3 || parts[3] >= 0.5) return getComputedStyle(e).backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const faint = [];
  const walker = document.createTreeWalker(document.querySelector('article, main') || document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node && faint.length < 5; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility()) continue;
    if (element.closest('svg, mjx-container, .headerlink, script, style, form')) continue;
    const [ink, paper] = [getComputedStyle(element).color, ground(element)];
    const [high, low] = [light(ink), light(paper)].sort((a, b) => b - a);
    if ((high + 0.05) / (low + 0.05) < 4.5) faint.push(`"${node.data.trim().slice(0, 30)}" ${ink} on ${paper}`);
  }
  return {
    faint,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    noAlt: [...document.images].filter(i => !i.alt.trim()).map(i => i.src),
    broken: [...document.images].filter(i => i.complete && i.naturalWidth === 0).map(i => i.src),
    formulas: document.querySelectorAll('.math').length,
    drawn: document.querySelectorAll('mjx-container').length,
  };
}"""
"""What a page looks like: text too faint to read (contrast below 4.5, WCAG 2 AA), width, pictures, formulas."""


def _absent(reason):
    if os.environ.get("AMXPERF_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def browser():
    if not shutil.which(CHROMIUM):
        _absent(f"{CHROMIUM} is not there; install Debian's chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _absent("playwright is not installed")
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


def _pages(book: Path) -> list[Path]:
    """All pages; of captures that look alike (the same file of another launch) one each."""
    pages, seen = [], set()
    for path in sorted(book.rglob("*.html")):
        parts = path.relative_to(book).parts
        if parts[0] == "_static":
            continue
        alike = (*parts[:2], parts[-1]) if parts[0] == "captures" else parts
        if alike not in seen:
            seen.add(alike)
            pages.append(path)
    return pages


def _visit(context, page_file: Path) -> list[str]:
    """What is wrong with a page."""
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.on("requestfailed", lambda request: wrong.append(f"not loaded: {request.url}"))
    page.on(
        "request",
        lambda request: wrong.append(f"asks {request.url}")
        if not request.url.startswith(("file://", "data:", "blob:", "about:"))
        else None,
    )
    page.goto(page_file.as_uri(), wait_until="load")
    page.evaluate("async () => { if (window.MathJax?.startup?.promise) await window.MathJax.startup.promise }")
    found = page.evaluate(LOOK)
    if found["wide"] > 0:
        wrong.append(f"scrolls sideways by {found['wide']} px")
    wrong += [f"no alternative text: {image}" for image in found["noAlt"]]
    wrong += [f"broken image: {image}" for image in found["broken"]]
    if found["formulas"] != found["drawn"]:
        wrong.append(f"{found['drawn']} of {found['formulas']} formulas are drawn")
    wrong += [f"too faint: {text}" for text in found["faint"]]
    page.close()
    return [f"{page_file.name}: {fault}" for fault in wrong]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_page_on_a_phone(browser, built_book, scheme):
    """Phone width in both schemes: the narrow case is the hard one."""
    context = browser.new_context(color_scheme=scheme, viewport=PHONE)
    faults = [fault for path in _pages(built_book) for fault in _visit(context, path)]
    context.close()
    assert faults == []


def test_every_chapter_at_a_desk(browser, built_book):
    context = browser.new_context(color_scheme="light", viewport=DESK)
    faults = [fault for path in sorted(built_book.glob("*.html")) for fault in _visit(context, path)]
    context.close()
    assert faults == []


def test_planted_faults_are_found(browser, tmp_path):
    """The checks above can fail: a page with one fault of each kind."""
    page = tmp_path / "bad.html"
    page.write_text(
        '<p style="width:900px">wide</p><p style="color:#ccc">faint</p><img src="no.png"><span class="math">x</span>'
        '<script>console.error("said"); setTimeout(() => { throw new Error("thrown") })</script>'
        '<script src="https://example.org/x.js"></script>'
    )
    context = browser.new_context(viewport=PHONE)
    found = "\n".join(_visit(context, page))
    context.close()
    for fault in ("sideways", "too faint", "no alternative", "broken image", "0 of 1 formulas", "said", "thrown", "asks https"):
        assert fault in found, found


def test_search_works_without_a_server(browser, built_book):
    page = browser.new_page()
    page.goto((built_book / "search.html").as_uri() + "?q=amx", wait_until="load")
    page.wait_for_selector("#search-results li a", timeout=15_000)
    page.close()


def test_a_line_of_a_capture_is_marked(browser, built_book):
    capture = next((path for path in sorted((built_book / "captures").rglob("*.dmesg.html"))), None)
    if capture is None:
        pytest.skip("the book publishes no kernel log")
    page = browser.new_page()
    page.goto(capture.as_uri() + "#L1")
    plain, marked = (
        page.eval_on_selector(f"#L{n}", "e => getComputedStyle(e).backgroundColor") for n in (2, 1)
    )
    page.close()
    assert marked != plain
