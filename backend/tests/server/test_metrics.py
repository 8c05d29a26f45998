"""`/metrics` is read by Prometheus: every line means something to it, and the numbers are true."""

import re
from dataclasses import dataclass, field

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from quillroom import __version__
from quillroom.api.exposition import counters, histogram
from quillroom.core.meters import Histogram
from support.person import Person
from support.server import Server

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.e+-]+|\+Inf|NaN)\Z')
LABEL = re.compile(r'([a-z]+)="((?:[^"\\]|\\.)*)"')


@dataclass
class Family:
    kind: str
    samples: dict[tuple[str, tuple[tuple[str, str], ...]], float] = field(default_factory=dict)

    def value(self, suffix: str = "", **labels: str) -> float:
        [found] = [v for (name, said), v in self.samples.items() if name == suffix and dict(said) == labels]
        return found


def parse(text: str) -> dict[str, Family]:
    """A strict reader of the text format: HELP, then TYPE, then samples of that family only."""
    assert text.endswith("\n")
    families: dict[str, Family] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, _, help = line.removeprefix("# HELP ").partition(" ")
            assert help
            assert name not in families
        elif line.startswith("# TYPE "):
            typed, kind = line.removeprefix("# TYPE ").split(" ")
            assert typed == name
            assert kind in ("counter", "gauge", "histogram")
            families[name] = Family(kind)
        else:
            matched = SAMPLE.match(line)
            assert matched, line
            suffix = matched[1].removeprefix(name)
            family = families[name]
            assert suffix in (("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)), line
            key = (suffix, tuple(sorted(LABEL.findall(matched[2] or ""))))
            assert key not in family.samples, line
            family.samples[key] = float(matched[3])
    for name, family in families.items():
        assert name.endswith("_total") is (family.kind == "counter"), name
        if family.kind == "histogram":
            _is_cumulative(family)
    return families


def _is_cumulative(family: Family) -> None:
    buckets = [(dict(said)["le"], v) for (suffix, said), v in family.samples.items() if suffix == "_bucket"]
    bounds, counts = [float(bound) for bound, _ in buckets], [count for _, count in buckets]
    assert bounds == sorted(set(bounds))
    assert counts == sorted(counts)
    assert bounds[-1] == float("inf")
    assert counts[-1] == family.value("_count")


async def read(server: Server) -> dict[str, Family]:
    """Of all its processes together."""
    together: dict[str, Family] = {}
    for each in server.each:
        for name, family in (await _read(each)).items():
            samples = together.setdefault(name, Family(family.kind)).samples
            for key, value in family.samples.items():
                samples[key] = samples.get(key, 0) + value
    return together


async def _read(server: Server) -> dict[str, Family]:
    async with httpx.AsyncClient(base_url=server.url) as web:
        answer = await web.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return parse(answer.text)


async def test_what_two_people_do_is_counted(server: Server) -> None:
    ann, bob = await Person(server.sync, "d").joins(), await Person(server.sync, "d").joins()
    for n in range(5):
        await ann.types(f"{n}")
        await ann.is_saved()
    said = await read(server)
    assert said["app_build_info"].value(version=__version__) == len(server.each)
    assert said["app_ws_connections"].value(plane="sync", state="open") == 2
    assert said["app_ws_connections"].value(plane="sync", state="full") == 0
    assert said["app_ws_connections"].value(plane="live", state="open") == 0
    assert said["app_ws_connects_total"].value(result="accepted") == 2
    assert said["app_rooms_open"].value() == said["app_doc_load_seconds"].value("_count") == min(2, len(server.each))
    assert said["app_doc_saving"].value() == len(server.each)
    assert said["app_doc_updates_total"].value(result="accepted") == 5
    rounds = said["app_doc_commit_rounds_total"].value()
    assert rounds == 5
    for name in ("app_doc_commit_seconds", "app_doc_ack_seconds"):
        assert said[name].value("_count") == rounds
        assert 0 < said[name].value("_sum") < 5
    assert said["app_doc_ack_seconds"].value("_sum") > said["app_doc_commit_seconds"].value("_sum")
    for name in ("app_doc_checkpoints_total", "app_doc_compactions_total"):
        assert said[name].value(result="failed") == 0
    assert said["app_doc_rows_merged_total"].value() == 0
    for what in ("commit", "mail", "push"):
        assert said["app_retries_total"].value(what=what) == 0
    assert said["process_resident_memory_bytes"].value() > 1 << 24
    assert said["process_cpu_seconds_total"].value() > 0
    assert said["process_open_fds"].value() > 5
    await ann.leaves()
    await bob.leaves()


async def test_how_connections_came_and_went_is_counted(closed_server: Server) -> None:
    with pytest.raises(InvalidStatus):
        await connect(f"{closed_server.sync}/d")
    async with httpx.AsyncClient(base_url=closed_server.url) as web:
        guest = (await web.post("/api/session/guest", json={"name": "Ann", "token": True})).json()
        headers = {"Authorization": f"Bearer {guest['token']}"}
        made = await web.post("/api/documents", json={"title": "T"}, headers=headers)
    id = made.json()["document"]["id"]
    for frame in (b"", None):
        person = await Person(closed_server.sync, id, headers=headers).joins()
        if frame is not None:
            await person.sends(frame)
            await person.waits(lambda person=person: person.close_code is not None)  # type: ignore[misc]
        await person.leaves()
    said = await read(closed_server)
    connects = said["app_ws_connects_total"]
    assert (connects.value(result="401"), connects.value(result="accepted")) == (1, 2)
    disconnects = said["app_ws_disconnects_total"]
    assert (disconnects.value(code="4400"), disconnects.value(code="1000")) == (1, 1)
    assert said["app_ws_slow_consumer_aborts_total"].value() == 0


def test_a_value_on_a_bound_belongs_to_it_and_one_over_all_is_still_counted() -> None:
    measured = Histogram((0.1, 1.0))
    for value in (0.1, 0.10001, 1.0, 7.0):
        measured.observe(value)
    said = parse("\n".join(histogram("x_seconds", "Help.", measured)) + "\n")["x_seconds"]
    assert [said.value("_bucket", le=bound) for bound in ("0.1", "1", "+Inf")] == [1, 3, 4]
    assert said.value("_sum") == pytest.approx(8.20001)


def test_a_label_cannot_end_its_line() -> None:
    lines = counters("x_total", "Help.", "reason", {'a"} 1\ny_total 2\\': 3})
    said = parse("\n".join(lines) + "\n")
    assert len(lines) == 3
    assert list(said["x_total"].samples.values()) == [3]
