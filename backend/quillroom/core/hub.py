"""Who listens: members by document and by person, so that both can be reached without a search."""

from quillroom.core.member import Member


class Hub:
    """An index of live connections. A key without members does not exist."""

    def __init__(self) -> None:
        self._documents: dict[str, set[Member]] = {}
        self._people: dict[str, set[Member]] = {}

    def join(self, document: str, member: Member) -> None:
        """Idempotent."""
        self._documents.setdefault(document, set()).add(member)
        if member.person.id is not None:
            self._people.setdefault(member.person.id, set()).add(member)

    def leave(self, document: str, member: Member) -> None:
        """Idempotent."""
        _remove(self._documents, document, member)
        if member.person.id is not None:
            _remove(self._people, member.person.id, member)

    def of_document(self, document: str) -> frozenset[Member]:
        """The members of one document."""
        return frozenset(self._documents.get(document, ()))

    def of_person(self, person: str) -> frozenset[Member]:
        """All connections of one person, on every device."""
        return frozenset(self._people.get(person, ()))

    def documents(self) -> list[str]:
        """The documents that somebody has open."""
        return list(self._documents)

    def documents_of(self, member: Member) -> set[str]:
        """The documents in which this connection is."""
        return {document for document, members in self._documents.items() if member in members}

    def everyone(self) -> list[Member]:
        """All live connections."""
        return [member for members in self._documents.values() for member in members]

    def __len__(self) -> int:
        return sum(map(len, self._documents.values()))


def _remove(index: dict[str, set[Member]], key: str, member: Member) -> None:
    members = index.get(key)
    if members is None:
        return
    members.discard(member)
    if not members:
        del index[key]
