"""The wire of `/live` as both sides know it: the same examples are held against the page's types by Vitest."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from pydantic import TypeAdapter, ValidationError

from quillroom.protocol import live_schema
from quillroom.protocol.live import COMMANDS, EVENTS, BadEvent, Command, problem_of, read

TOP = Path(__file__).parents[3]
SCHEMA = json.loads((TOP / "shared" / "live-schema.json").read_text())
EXAMPLES = json.loads((TOP / "shared" / "live-examples.json").read_text())
SHAPES = {
    side: {name: TypeAdapter(shape) for name, shape in shapes.items()}
    for side, shapes in (("commands", live_schema.COMMANDS), ("events", live_schema.EVENTS))
}
SIDES = {"commands": "fromClient", "events": "fromServer"}
DATA = {
    side: {each["properties"]["event"]["const"]: each["properties"]["data"] for each in SCHEMA["$defs"][there]["oneOf"]}
    for side, there in SIDES.items()
}


def examples(kind: str) -> list[Any]:
    return list(_examples(kind))


def _examples(kind: str) -> Iterator[Any]:
    for side, names in EXAMPLES.items():
        for name, each in names.items():
            for n, example in enumerate(each[kind]):
                data, why = (example["data"], example["why"]) if kind == "invalid" else (example, f"{n}")
                yield pytest.param(side, name, data, id=f"{name}, {why}")


def fits_schema(side: str, name: str, data: object) -> bool:
    validator = Draft202012Validator({**DATA[side][name], "$defs": SCHEMA["$defs"]})
    return bool(validator.is_valid(data))


@pytest.mark.parametrize(("side", "name", "data"), examples("valid"))
def test_what_both_sides_say_is_taken(side: str, name: str, data: object) -> None:
    assert fits_schema(side, name, data)
    SHAPES[side][name].validate_python(data)


@pytest.mark.parametrize(("side", "name", "data"), examples("invalid"))
def test_what_is_something_else_is_not(side: str, name: str, data: object) -> None:
    assert not fits_schema(side, name, data)
    with pytest.raises(ValidationError):
        SHAPES[side][name].validate_python(data)
    if side == "commands" and isinstance(data, dict):
        assert problem_of(Command(name, data))


def test_there_is_an_example_of_everything() -> None:
    assert set(EXAMPLES["commands"]) == COMMANDS
    assert set(EXAMPLES["events"]) == EVENTS
    assert all(each["valid"] and each["invalid"] for side in EXAMPLES.values() for each in side.values())


@pytest.mark.parametrize(
    ("command", "field", "limit"),
    [("message.send", "text", 8000), ("message.edit", "text", 8000), ("message.react", "emoji", 64)],
)
def test_characters_are_counted_and_one_too_many_is_said_in_a_sentence(command: str, field: str, limit: int) -> None:
    data = {**EXAMPLES["commands"][command]["valid"][0], field: "字" * limit}
    assert problem_of(Command(command, data)) is None
    problem = problem_of(Command(command, {**data, field: "字" * (limit + 1)}))
    assert problem is not None
    assert field in problem
    assert f"{limit} characters" in problem


def test_what_is_wrong_is_said_without_repeating_what_came() -> None:
    problem = problem_of(Command("message.recall", {"message": ["secret"]}))
    assert problem is not None
    assert "data.message" in problem
    assert "secret" not in problem


@pytest.mark.parametrize("said", ['{"event": "ping", "id": "' + "x" * 65 + '"}', '{"event": "' + "x" * 65 + '"}'])
def test_names_and_ids_have_a_bound(said: str) -> None:
    with pytest.raises(BadEvent):
        read(said.encode())


def test_what_is_made_from_the_schema_is_what_it_says() -> None:
    checked = subprocess.run(
        [sys.executable, TOP / "scripts" / "generate-live", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
