"""S4: a long document made of real keystrokes is opened, in memory and from the database."""

import gzip
import json
import shutil
import time
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import pycrdt

from bench import generator
from bench.places import CACHE
from bench.server import data_directory, start
from bench.targets import Target

# Hocuspocus stores two seconds after the last change.
STORE_SECONDS = 3.0


class Trace(NamedTuple):
    """A Yjs update of the whole history, and how many clocks a full copy has."""

    update: Path
    clocks: int


@cache
def read(file: Path) -> Trace:
    """Replays an editing trace ({"txns": [{"patches": [[at, deleted, inserted]…]}]}, gzipped)."""
    history = json.loads(gzip.decompress(file.read_bytes()))
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=4711)
    text = doc.get("t", type=pycrdt.Text)
    if history["startContent"]:
        text += history["startContent"]
    for transaction in history["txns"]:
        with doc.transaction():
            for at, deleted, inserted in transaction["patches"]:
                if deleted:
                    del text[at : at + deleted]
                if inserted:
                    text.insert(at, inserted)
    assert str(text) == history["endContent"], "the trace did not replay to its own end"
    CACHE.mkdir(exist_ok=True)
    update = CACHE / "trace.update"
    update.write_bytes(doc.get_update())
    return Trace(update, _clocks(doc.get_state()))


def measure(target: Target, trace: Trace) -> dict[str, object]:
    """Loads the document once, then opens it; servers that keep it also after a restart."""
    with data_directory() as data:
        server = start(target, data)
        try:
            upload = {"--update": str(trace.update), "--expect": str(trace.clocks)}
            result = generator.measure(server, {"--mode": "document", **upload})
            time.sleep(STORE_SECONDS if target.keeps else 0)
        finally:
            server.stop()
        result["one_ms"] = median(_numbers(result["one_ms"]))
        if target.keeps:
            result["cold_one_ms"] = _from_database(target, data, trace, "--singles", "one_ms")
            result["cold_many_ms"] = _from_database(target, data, trace, "--many", "many_ms")
        return result


def _from_database(target: Target, data: Path, trace: Trace, what: str, name: str) -> float:
    """A new process, so nothing of the document is in its memory when the first client asks."""
    count = "1" if what == "--singles" else "50"
    asked = {"--mode": "document", "--expect": str(trace.clocks), "--singles": "0", "--many": "0"}
    copy = data.with_name(data.name + "-cold")
    shutil.copytree(data, copy)
    try:
        server = start(target, copy)
        try:
            result = generator.measure(server, {**asked, what: count})
        finally:
            server.stop()
    finally:
        shutil.rmtree(copy, ignore_errors=True)
    value = result[name]
    return _numbers(value)[0] if isinstance(value, list) else float(str(value))


def _numbers(value: object) -> list[float]:
    assert isinstance(value, list)
    return [float(number) for number in value]


def _clocks(state_vector: bytes) -> int:
    numbers, number, shift = [], 0, 0
    for byte in state_vector:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number = shift = 0
    return sum(numbers[2::2])
