"""`python -m bench.paint`: from a key pressed in one browser to the paint in another's."""

import argparse
import json
import random
import sys
from pathlib import Path
from statistics import quantiles

from playwright.sync_api import Page

from bench.browser import EDITOR, chromium, new_document, person, wait_until
from bench.places import RESULTS
from bench.server import running
from bench.targets import QUILLROOM

# Nobody's name has this letter, so the label at a caret is not counted as text.
KEY = "q"
MUST_P95_MS, WANT_P95_MS = 30.0, 16.0

NOTE_KEYS = """() => {
  window.keys = [];
  addEventListener('keydown', () => keys.push(performance.timeOrigin + performance.now()), true);
}"""

# A message posted in an animation frame is delivered after that frame was painted.
NOTE_PAINTS = """([selector, key]) => {
  window.paints = [];
  const editor = document.querySelector(selector);
  const count = () => editor.textContent.split(key).length - 1;
  let seen = count();
  const channel = new MessageChannel();
  channel.port1.onmessage = ({ data }) => {
    const now = performance.timeOrigin + performance.now();
    for (; seen < data; seen++) paints.push(now);
  };
  new MutationObserver(() => {
    const have = count();
    if (have > seen) requestAnimationFrame(() => channel.port2.postMessage(have));
  }).observe(editor, { subtree: true, childList: true, characterData: true });
}"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.paint", description=__doc__)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--out", type=Path, default=RESULTS / "paint")
    asked = parser.parse_args()
    took = measure(asked.keys)
    cuts = quantiles(took, n=100, method="inclusive")
    verdict = "missed"
    if cuts[94] <= MUST_P95_MS:
        verdict = "met, and what we want" if cuts[94] <= WANT_P95_MS else "met"
    result = {
        "keys": len(took),
        "p50_ms": round(cuts[49], 2),
        "p95_ms": round(cuts[94], 2),
        "p99_ms": round(cuts[98], 2),
        "max_ms": round(max(took), 2),
        "p95 ≤ 30 ms": verdict,
    }
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "paint.json").write_text(json.dumps(result, indent=1, ensure_ascii=False))
    print(json.dumps(result, ensure_ascii=False))
    return 0


def measure(keys: int) -> list[float]:
    """Milliseconds for every key; both browsers and the server share this machine."""
    with running(QUILLROOM) as server, chromium() as browser:
        ann, bob = person(browser, server, "Ann"), person(browser, server, "Bob")
        document = new_document(ann, "Start\n")
        writer, reader = ann.new_page(), bob.new_page()
        for page in (writer, reader):
            page.goto(f"/d/{document}")
            page.wait_for_selector(f"{EDITOR} >> text=Start")
        reader.evaluate(NOTE_PAINTS, [EDITOR, KEY])
        writer.click(EDITOR)
        _type(writer, 10)
        _wait_for(reader, 10)
        writer.evaluate(NOTE_KEYS)
        _type(writer, keys)
        _wait_for(reader, 10 + keys)
        pressed: list[float] = writer.evaluate("keys")
        painted: list[float] = reader.evaluate("paints.slice(10)")
    return [paint - key for key, paint in zip(pressed, painted, strict=True)]


def _type(page: Page, count: int) -> None:
    """Unevenly, so that keys do not fall into step with the screen's frames."""
    chance = random.Random(1)
    for _ in range(count):
        page.keyboard.press(KEY)
        page.wait_for_timeout(chance.uniform(60, 140))


def _wait_for(page: Page, count: int) -> None:
    wait_until(page, f"paints.length >= {count}")


if __name__ == "__main__":
    sys.exit(main())
