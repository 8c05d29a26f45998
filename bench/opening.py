"""`python -m bench.opening`: how long until the first text of a very long document is on screen."""

import argparse
import json
import sys
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page

from bench.browser import EDITOR, chromium, new_document, person, wait_until
from bench.places import RESULTS
from bench.server import running
from bench.targets import QUILLROOM

SENTENCE = "Paragraph {number}: the quick brown fox jumps over the lazy dog, and then once more."

# Counted from the start of the navigation; noted in the frame that shows the text.
NOTE_FIRST_TEXT = """
  (() => {
    const look = () => {
      const first = document.querySelector('SELECTOR p');
      if (first && first.textContent.startsWith('Paragraph')) {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => { window.firstText = performance.now(); };
        channel.port2.postMessage(0);
      } else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  })()
""".replace("SELECTOR", EDITOR)

# A message posted in an animation frame is delivered after that frame was painted.
NOTE_KEYS = """() => {
  window.tookMs = [];
  addEventListener('keydown', () => {
    const pressed = performance.now();
    const channel = new MessageChannel();
    channel.port1.onmessage = () => tookMs.push(performance.now() - pressed);
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }, true);
}"""
KEYS = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.opening", description=__doc__)
    parser.add_argument("--paragraphs", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS / "opening")
    asked = parser.parse_args()
    result = measure(asked.paragraphs, asked.runs)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "opening.json").write_text(json.dumps(result, indent=1))
    print(json.dumps(result))
    return 0


def measure(paragraphs: int, runs: int) -> dict[str, float]:
    """Milliseconds for a browser that was never here, for one that comes back, and for a key pressed there."""
    text = "\n\n".join(SENTENCE.format(number=number) for number in range(paragraphs))
    first, again, typing = list[float](), list[float](), list[float]()
    with running(QUILLROOM) as server, chromium() as browser:
        document = new_document(person(browser, server, "Ann"), text)
        for _ in range(runs):
            context = person(browser, server, "Bob")
            page = context.new_page()
            page.add_init_script(NOTE_FIRST_TEXT)
            page.goto(f"/d/{document}")
            first.append(_first_text_ms(page))
            page.reload()
            again.append(_first_text_ms(page))
            typing += _keys_ms(page)
            context.close()
    return {
        "paragraphs": paragraphs,
        "first_visit_ms": round(median(first), 1),
        "first_visit_worst_ms": round(max(first), 1),
        "next_visit_ms": round(median(again), 1),
        "next_visit_worst_ms": round(max(again), 1),
        "key_ms": round(median(typing), 1),
        "key_p95_ms": round(quantiles(typing, n=20)[18], 1),
    }


def _first_text_ms(page: Page) -> float:
    wait_until(page, "window.firstText !== undefined")
    return float(page.evaluate("window.firstText"))


def _keys_ms(page: Page) -> list[float]:
    """From a key pressed to its own paint, a typist's pause apart."""
    wait_until(page, "document.querySelector('.chip')?.textContent === 'Saved'")
    page.locator(f"{EDITOR} p").nth(3).click()
    page.evaluate(NOTE_KEYS)
    page.keyboard.type("x" * KEYS, delay=120)
    wait_until(page, f"tookMs.length === {KEYS}")
    took: list[float] = page.evaluate("tookMs")
    return took


if __name__ == "__main__":
    sys.exit(main())
