"""What the audit log records can be read by people, in both languages."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# An action is named where an entry is appended, on the line of the call or one of the next.
NAMED = re.compile(
    r'"((?:access|account|audit|identity|invitation|link|message|page|password|person|session|settings|token|totp)\.[a-z_]+)"'
)


def actions() -> set[str]:
    """Every action that the code appends an entry of."""
    found: set[str] = set()
    for path in (ROOT / "backend" / "quillroom").rglob("*.py"):
        for call in re.findall(r"(?:audit\.append|self\._note)\((.*?)\n\n", path.read_text() + "\n\n", re.DOTALL):
            named = re.match(r".*?action=(.*?)(?:,|\n)", call, re.DOTALL)
            found |= set(NAMED.findall(named[1] if named else call.split("\n")[0]))
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_action_has_words(language: str) -> None:
    words = (ROOT / "frontend" / "src" / "locales" / language / "audit.ts").read_text()
    known = set(re.findall(r'^  "([a-z_.]+)":', words, re.MULTILINE))
    assert len(actions()) > 30
    assert actions() - known == set()
