"""What of a text can be searched for: folded letters, and the short pieces by which an index finds them.

Case, accents and width do not matter. Scripts that put no spaces between words (and emoji) are found by every one and
two signs in a row, all others by every three letters, so that a piece of a word is enough to find it.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b

_MENTION = re.compile(r"@\[([^\]\n]*)\]\(person:[^)\s]*\)")
_PIECE = re.compile(r"[a-z0-9]{3,}")
_CLUSTERS = 1 << 13
GRAM_LETTERS = 3
DOCUMENT_BYTES = 10


def fold(text: str) -> str:
    """The letters that count."""
    shown = _MENTION.sub(r"@\1", text)
    return shown.lower() if shown.isascii() else "".join(_folded(cluster) for cluster, _, _ in _clusters(shown, 0))


def fold_with_places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """`fold`, and for each of its letters where in `text` (start, end) it comes from."""
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    for part, at in _shown(text):
        for cluster, start, end in _clusters(part, at):
            folded = _folded(cluster)
            letters.append(folded)
            places += [(start, end)] * len(folded)
    return "".join(letters), places


def words(query: str) -> list[str]:
    """What a query asks for, each once, longest first."""
    return sorted(dict.fromkeys(fold(query).split()), key=len, reverse=True)


def grams(folded: str) -> set[str]:
    """The pieces of a folded text; those of a word of it are among them. A word may be too short to have any."""
    if folded.isascii():
        return {piece[at : at + GRAM_LETTERS] for piece in _PIECE.findall(folded) for at in range(len(piece) - 2)}
    found: set[str] = set()
    for run, is_wide in _runs(folded):
        sizes = (1, 2) if is_wide else (GRAM_LETTERS,)
        for size in sizes:
            found.update(run[at : at + size] for at in range(len(run) - size + 1))
    return found


def document_gram(document: str) -> str:
    """Stands for a document among the pieces; longer than any of a text."""
    return "d" + blake2b(document.encode(), digest_size=DOCUMENT_BYTES).hexdigest()


def highlights(text: str, asked: list[str]) -> list[tuple[int, int]]:
    """Where in `text` (start, end; in characters) the words stand, in order, overlaps joined."""
    folded, places = fold_with_places(text)
    spans = sorted(
        (places[at][0], places[at + len(word) - 1][1]) for word in asked for at in _occurrences(folded, word)
    )
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def _shown(text: str) -> Iterator[tuple[str, int]]:
    # A mention is shown, and found, by the name in it.
    at = 0
    for mention in _MENTION.finditer(text):
        yield text[at : mention.start() + 1], at
        yield mention[1], mention.start(1)
        at = mention.end()
    yield text[at:], at


def _clusters(text: str, offset: int) -> Iterator[tuple[str, int, int]]:
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not unicodedata.combining(text[at]):
            yield text[start:at], start + offset, at + offset
            start = at


@lru_cache(_CLUSTERS)
def _folded(cluster: str) -> str:
    # Only the accents of alphabets go: in Hindi or Japanese the marks make other letters.
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", cluster).casefold())
    return unicodedata.normalize("NFC", "".join(c for c in taken_apart if not "\u0300" <= c <= "\u036f"))


def _runs(folded: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for at in range(1, len(folded) + 1):
        kind = _kind(folded[start])
        if at == len(folded) or _kind(folded[at]) != kind:
            if kind:
                yield folded[start:at], kind == "wide"
            start = at


@lru_cache(_CLUSTERS)
def _kind(letter: str) -> str:
    category = unicodedata.category(letter)[0]
    if category not in "LMNS" or (letter.isascii() and not letter.isalnum()):
        return ""
    if unicodedata.east_asian_width(letter) in "WF":
        return "wide"
    return "" if category == "S" else "narrow"
