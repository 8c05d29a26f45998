"""The page in light and dark, on a desk and in a hand: pictures to look at, and what must hold in each."""

from pathlib import Path
from typing import Literal

import pytest
from e2e.page import body, comes_in, is_saved
from playwright.async_api import Browser, Page

from support.server import Server

PICTURES = Path(__file__).parent / "screenshots"
MARKDOWN = """# Harbour plans

Two people write **one** document, and *Saved* is true. See [the plan](https://example.org/plan).

- [x] measure the quay
- [ ] ask the harbour master

| What | When | Who |
| --- | --- | --- |
| Dredging | March | Ann |
| Cranes | April | Bob |

> Nothing is lost.

```python
print("a line of code that is long enough to need a scrollbar of its own on a narrow screen, and then some")
```
"""
WIDEST = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"

Scheme = Literal["light", "dark"]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_its_screen_without_an_error(
    browser: Browser, server: Server, scheme: Scheme, width: int, height: int
) -> None:
    context = await browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
    errors: list[str] = []
    context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: errors.append(str(error.error)))
    welcome = await context.new_page()
    await welcome.goto(server.url)
    await welcome.get_by_label("Your name").wait_for()
    await looks_right(welcome, f"welcome-{scheme}-{width}")
    await welcome.close()
    # The first question of the first visit, "who am I?", is answered with 401: the browser notes it as an error.
    errors[:] = [error for error in errors if "401" not in error]

    page = await comes_in(context, server, "Ann")
    errors[:] = [error for error in errors if "401" not in error]
    document = await page.evaluate(
        """(markdown) => fetch("/api/documents", {method: "POST",
            headers: {"Content-Type": "application/json"},
            body: JSON.stringify({title: "Harbour plans", markdown})})
            .then((r) => r.json()).then((r) => r.document.id)""",
        MARKDOWN,
    )
    await page.reload()
    await page.get_by_role("main").get_by_role("link", name="Harbour plans").wait_for()
    await looks_right(page, f"home-{scheme}-{width}")
    await page.get_by_role("main").get_by_role("link", name="Harbour plans").click()
    await page.wait_for_url(f"**/{document}")
    await body(page).get_by_text("Dredging").wait_for()
    await is_saved(page)
    await looks_right(page, f"document-{scheme}-{width}")
    assert errors == []
    await context.close()


async def looks_right(page: Page, name: str) -> None:
    """Keep a picture; nothing stands out of the screen sideways."""
    await page.evaluate("document.fonts.ready.then(() => true)")
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png")
    assert await page.evaluate(WIDEST) <= 0, f"{name} is wider than its screen"
