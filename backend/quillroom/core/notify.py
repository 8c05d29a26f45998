"""Who is to hear of what, and by which channel: decisions over plain values."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What there is to hear of."""

    MENTION = "mention"
    REPLY = "reply"
    MESSAGE = "message"  # any message of a page that one watches
    ACCESS_REQUESTED = "access_requested"
    ACCESS_GIVEN = "access_given"
    INVITED = "invited"


class Channel(StrEnum):
    """How one hears of it."""

    IN_APP = "in_app"
    MAIL = "mail"
    PUSH = "push"


class Level(StrEnum):
    """What a person wants to hear of a page's conversation, where that is not the usual."""

    WATCH = "watch"  # all of it
    MUTE = "mute"  # nothing, not even where they are named


# What is about oneself, and not only about something that one follows.
DIRECT = frozenset(Kind) - {Kind.MESSAGE}

_DEFAULTS: Mapping[Kind, frozenset[Channel]] = {
    Kind.MENTION: frozenset(Channel),
    Kind.REPLY: frozenset(Channel),
    Kind.MESSAGE: frozenset((Channel.IN_APP, Channel.PUSH)),
    Kind.ACCESS_REQUESTED: frozenset((Channel.IN_APP, Channel.MAIL)),
    Kind.ACCESS_GIVEN: frozenset((Channel.IN_APP, Channel.MAIL)),
    Kind.INVITED: frozenset((Channel.IN_APP,)),  # the invitation itself was the mail
}
_MENTION = re.compile(r"@\[([^\]\n]{1,80})\]\(person:([A-Za-z0-9_-]{1,64})\)")
_LINK = re.compile(r"\[([^\]\n]{1,200})\]\([^)\s]{1,2000}\)")
_MARK = re.compile(r"\*\*|__|~~|`+")
PREVIEW_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person decided. What is shown outside of the page says what was written only where they want that."""

    channels: Mapping[Kind, frozenset[Channel]] = field(default_factory=lambda: _DEFAULTS)
    shows_preview: bool = False

    def by(self, kind: Kind) -> frozenset[Channel]:
        """How they hear of this."""
        return self.channels.get(kind, _DEFAULTS[kind])


def preferences(kept: object) -> Preferences:
    """As they were kept (None: never); what an older or newer version kept counts as far as it is understood."""
    said = kept if isinstance(kept, dict) else {}
    events = said.get("events")
    channels = {
        kind: _channels(events.get(kind.value) if isinstance(events, dict) else None, _DEFAULTS[kind]) for kind in Kind
    }
    return Preferences(channels, said.get("shows_preview") is True)


def _channels(said: object, otherwise: frozenset[Channel]) -> frozenset[Channel]:
    if not isinstance(said, dict):
        return otherwise
    return frozenset(each for each in Channel if said.get(each.value, each in otherwise) is True)


def described(preferences: Preferences) -> dict[str, object]:
    """The same as JSON has it."""
    events = {kind.value: {channel.value: channel in preferences.by(kind) for channel in Channel} for kind in Kind}
    return {"events": events, "shows_preview": preferences.shows_preview}


def mentioned(text: str | None) -> list[str]:
    """The ids of those whom a message names as `@[Name](person:ID)`, each once."""
    return list(dict.fromkeys(match[2] for match in _MENTION.finditer(text or "")))


def preview(text: str | None) -> str:
    """The beginning of a message, in one line, without its Markdown."""
    plain = _MARK.sub("", _LINK.sub(r"\1", _MENTION.sub(r"@\1", text or "")))
    line = " ".join(plain.split())
    return line if len(line) <= PREVIEW_LENGTH else line[: PREVIEW_LENGTH - 1] + "…"


def hearers(
    author: str,
    *,
    mentioned: Iterable[str] = (),
    replied_to: str | None = None,
    watching: Iterable[str] = (),
    muted: Collection[str] = (),
) -> dict[str, Kind]:
    """Whom a message concerns, and by what: each once, by what is said to them most directly; never its author."""
    found = dict.fromkeys(watching, Kind.MESSAGE)
    if replied_to is not None:
        found[replied_to] = Kind.REPLY
    found |= dict.fromkeys(mentioned, Kind.MENTION)
    return {person: kind for person, kind in found.items() if person != author and person not in muted}
