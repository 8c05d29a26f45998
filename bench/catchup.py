"""`python -m bench.catchup`: a page comes back after thousands of messages: how long until all of them are there?

Ann has the chat of a page open and loses her network; others say 10,000 things; her network is back. Measured in her
browser, from that moment until the last message is painted with all the others before it.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect as open_file
from statistics import median

from playwright.sync_api import Browser, CDPSession, Page

from bench.browser import EDITOR, chromium, new_document, person, wait_until
from bench.places import RESULTS
from bench.server import Server, running
from bench.targets import QUILLROOM

LIMIT_MS = 3000.0
AUTHORS = 5
WORDS = "We meet at the harbour at noon, and whoever comes late brings **cake** for everybody. "

# A message posted in an animation frame is delivered after that frame was painted.
NOTE_ARRIVAL = """(count) => {
  window.back = window.arrived = null;
  window.frozenMs = 0;
  addEventListener('online', () => {
    window.back = performance.now();
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.frozenMs = Math.max(window.frozenMs, duration);
    }).observe({ entryTypes: ['longtask'] });
  }, { once: true });
  const channel = new MessageChannel();
  channel.port1.onmessage = () => { window.arrived = performance.now(); };
  const look = () => {
    const last = [...document.querySelectorAll('[role="feed"] article')].at(-1);
    if (last?.getAttribute('aria-posinset') === String(count)) channel.port2.postMessage(0);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

# All that is loaded is counted by the chat itself, as long as nothing lies before it.
COUNTED = """() => [...document.querySelectorAll('[role="feed"] article')].at(-1)?.getAttribute('aria-setsize')"""


def main() -> int:
    """Measures, writes, and says whether the target is met."""
    parser = argparse.ArgumentParser(prog="python -m bench.catchup", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--profile", type=Path, help="write what the page spent its time on, for the browser's tools")
    parser.add_argument("--out", type=Path, default=RESULTS / "catchup")
    asked = parser.parse_args()
    result = measure(asked.messages, asked.runs, asked.profile)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "catchup.json").write_text(json.dumps(result, indent=1))
    print(json.dumps(result))
    return 0 if result["median_ms"] <= LIMIT_MS else 1


def measure(messages: int, runs: int, profile: Path | None) -> dict[str, float]:
    """Milliseconds, a page and a browser profile of its own each time."""
    took, frozen = list[float](), list[float]()
    with running(QUILLROOM) as server, chromium() as browser:
        for _ in range(runs):
            one, longest = _once(browser, server, messages, profile)
            took.append(one)
            frozen.append(longest)
    return {
        "messages": messages,
        "median_ms": round(median(took), 1),
        "worst_ms": round(max(took), 1),
        "longest_freeze_ms": round(max(frozen), 1),
    }


def _once(browser: Browser, server: Server, messages: int, profile: Path | None) -> tuple[float, float]:
    context = person(browser, server, "Ann")
    document = new_document(context, "Start\n")
    page = context.new_page()
    page.goto(f"/d/{document}")
    page.wait_for_selector(f"{EDITOR} >> text=Start")
    _says(page, "before")
    context.set_offline(True)
    wait_until(page, "document.querySelector('.chip')?.textContent !== 'Saved'")
    _is_said(server, document, messages)
    page.evaluate(NOTE_ARRIVAL, messages + 1)
    profiler = _profiling(page) if profile else None
    context.set_offline(False)
    wait_until(page, "window.arrived !== null")
    if profiler is not None and profile is not None:
        profile.write_text(json.dumps(profiler.send("Profiler.stop")["profile"]))
    counted = page.evaluate(COUNTED)
    assert counted == str(messages + 1), f"{counted} messages are there, not {messages + 1}"
    took, frozen = page.evaluate("[window.arrived - window.back, window.frozenMs]")
    context.close()
    return float(took), float(frozen)


def _says(page: Page, text: str) -> None:
    if not page.get_by_role("textbox", name="Message", exact=True).is_visible():
        page.get_by_role("button", name="Toggle chat").click()
    page.get_by_role("textbox", name="Message", exact=True).click()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.locator('[role="feed"] article').first.wait_for()


def _is_said(server: Server, document: str, count: int) -> None:
    """Rows as they are when others said all that; nobody follows the page meanwhile."""
    with closing(open_file(server.data / "quillroom.db", timeout=20)) as file, file:
        ids = [f"{document}-{n}" for n in range(AUTHORS)]
        named = "INSERT INTO person (id, kind, name, colour, created_at) VALUES (?, 'guest', ?, '#336699', 1)"
        file.executemany(named, [(id, f"Person {n}") for n, id in enumerate(ids)])
        for statement, rows in _rows(document, ids, count):
            file.executemany(statement, rows)


def _rows(document: str, authors: list[str], count: int) -> Iterator[tuple[str, list[tuple[object, ...]]]]:
    places = range(2, count + 2)
    said = [(f"{document}-{n}", authors[n // 3 % len(authors)], 1.79e9 + 20 * n) for n in places]
    columns = "message (document, revision, id, seq, author, client_id, at, text)"
    texts = [f"{n} {WORDS * (n % 3)}" for n in places]
    messages = [(id, n, who, id, at, text) for n, text, (id, who, at) in zip(places, texts, said, strict=True)]
    yield f"INSERT INTO {columns} VALUES ('{document}', 1, ?, ?, ?, ?, ?, ?)", messages
    columns = "event (topic, name, seq, actor, at, data)"
    named = [(n, who, at, json.dumps({"message": id})) for n, (id, who, at) in zip(places, said, strict=True)]
    yield f"INSERT INTO {columns} VALUES ('doc:{document}', 'message.sent', ?, ?, ?, ?)", named


def _profiling(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Profiler.enable")
    session.send("Profiler.setSamplingInterval", {"interval": 500})
    session.send("Profiler.start")
    return session


if __name__ == "__main__":
    sys.exit(main())
