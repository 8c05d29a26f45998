"""What axe-core finds wrong for people who cannot see, hear or point."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).resolve().parents[1] / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")


async def grave_faults(page: Page, only: str | None = None) -> list[str]:
    """Every serious or critical violation, of `only` one rule or of all: the rule, and where."""
    # What moves is neither here nor there: wait until it stands still.
    await page.evaluate("Promise.all(document.getAnimations().filter((a) => a.effect.getTiming().iterations === 1)"
                        ".map((a) => a.finished.catch(() => {}))).then(() => true)")  # fmt: skip
    if not await page.evaluate("'axe' in window"):
        # The page's policy allows no foreign script element; the debugger's own door is another.
        await page.evaluate(AXE.read_text())
    options: dict[str, object] = {"resultTypes": ["violations"], **({"runOnly": [only]} if only else {})}
    found: dict[str, Any] = await page.evaluate("(options) => axe.run(document, options)", options)
    return [
        f"{fault['id']}: {node['html'][:160]} ({node['failureSummary'][:240]})"
        for fault in found["violations"]
        if fault["impact"] in GRAVE
        for node in fault["nodes"]
    ]
