"""Collections of garbage stay short, and what became garbage behind them is found all the same."""

import gc
from collections.abc import Iterator

import pytest

from quillroom.services.heap import DAY_SECONDS, Heap


class Circle:
    """Garbage that only the collector finds, once nobody holds it."""

    def __init__(self) -> None:
        self.myself = self


@pytest.fixture
def crowd() -> list[str]:
    """Who is connected."""
    return []


@pytest.fixture
def heap(crowd: list[str]) -> Iterator[Heap]:
    heap = Heap(lambda: bool(crowd))
    heap.start()
    gc.disable()  # only when the test says so
    yield heap
    gc.enable()
    heap.stop()
    gc.collect()


def circles() -> int:
    """How many there are, frozen ones too."""
    gc.unfreeze()
    found = sum(type(each) is Circle for each in gc.get_objects())
    gc.freeze()
    return found


def test_what_survived_a_full_collection_is_not_walked_by_the_next(heap: Heap) -> None:
    documents = [[number] for number in range(10_000)]
    gc.collect(1)
    assert len(gc.get_objects()) > len(documents)
    gc.collect()
    assert len(gc.get_objects()) < len(documents)


def test_new_garbage_is_collected(heap: Heap) -> None:
    Circle()
    gc.collect()
    assert circles() == 0


def test_what_became_garbage_after_it_was_frozen_goes_when_nobody_is_connected(heap: Heap, crowd: list[str]) -> None:
    crowd.append("alice")
    circle = Circle()
    gc.collect()
    del circle
    gc.collect()
    assert circles() == 1
    assert not heap.is_due(DAY_SECONDS / 2)
    crowd.clear()
    assert heap.is_due(DAY_SECONDS / 2)
    heap.sweep(DAY_SECONDS / 2)
    assert circles() == 0
    assert not heap.is_due(DAY_SECONDS), "there is nothing to look for"


def test_a_server_that_is_never_left_alone_looks_once_a_day(heap: Heap, crowd: list[str]) -> None:
    crowd.append("alice")
    heap.sweep(0)
    gc.collect()
    assert not heap.is_due(DAY_SECONDS - 1)
    assert heap.is_due(DAY_SECONDS + 1)


def test_the_collector_is_given_back_as_it_was(crowd: list[str]) -> None:
    before = gc.get_threshold(), list(gc.callbacks)
    heap = Heap(lambda: bool(crowd))
    heap.start()
    heap.stop()
    assert (gc.get_threshold(), gc.callbacks) == before
