"""What is noted is noted once a minute for each person, deed and page."""

from typing import Any, cast

from quillroom.core.member import ANONYMOUS, Person
from quillroom.services.notes import Notes

ANN = Person("ann", "d", "Ann", "#000000")


class Book:
    """A writer that counts what it is asked to note."""

    def __init__(self) -> None:
        self.jobs: list[object] = []

    def attempt(self, job: object, topics: object = ()) -> None:
        self.jobs.append(job)


def test_the_same_refusal_is_noted_again_after_a_minute() -> None:
    book, now = Book(), [100.0]
    notes = Notes(cast(Any, book), clock=lambda: now[0])
    for what, seconds, noted in (("write", 0, 1), ("write", 59, 1), ("trash", 0, 2), ("write", 1, 3), ("write", 1, 3)):
        now[0] += seconds
        notes.refused(ANN, what, "page")
        assert len(book.jobs) == noted
    notes.refused(ANONYMOUS, "write", "page")
    notes.refused(None, "write", "page")
    notes.exported(ANN, "write", "page")
    assert len(book.jobs) == 4
