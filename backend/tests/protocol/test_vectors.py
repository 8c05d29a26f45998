"""The golden vectors that the page's code reads too: both sides speak the same bytes."""

import json
from pathlib import Path
from typing import Any

import pytest

from quillroom.protocol import awareness, frames, lib0, vectors

FOLDER = Path(__file__).parents[3] / "shared" / "vectors"
FRAMES: dict[str, Any] = json.loads((FOLDER / "frames.json").read_text())
LIB0: dict[str, Any] = json.loads((FOLDER / "lib0.json").read_text())
STEPS = {"step1": frames.step1, "step2": frames.step2, "update": frames.update}


def encoded(decoded: dict[str, Any]) -> bytes:
    match decoded["kind"]:
        case "sync":
            return STEPS[decoded["step"]](bytes.fromhex(decoded["payload"]))
        case "awareness":
            states = [
                (s["client"], s["clock"], json.dumps(s["state"], ensure_ascii=False, separators=(",", ":")))
                for s in decoded["states"]
            ]
            return frames.awareness(awareness.write_states(states))
        case "auth":
            return frames.permission_denied(decoded["reason"])
        case "control":
            return frames.control(decoded["event"], decoded["data"])
        case "saved":
            return frames.saved(decoded["count"])
        case "heartbeat":
            return frames.HEARTBEAT_FRAME
        case _:
            return bytes([frames.QUERY_AWARENESS])


@pytest.mark.parametrize("vector", FRAMES["frames"], ids=lambda v: v["name"])
def test_a_message_is_written_as_in_the_vector(vector: dict[str, Any]) -> None:
    assert encoded(vector["decoded"]).hex() == vector["hex"]


@pytest.mark.parametrize(
    "vector",
    [v for v in FRAMES["frames"] if v["decoded"]["kind"] not in ("control", "saved")],
    ids=lambda v: v["name"],
)
def test_a_message_of_a_client_is_read_as_in_the_vector(vector: dict[str, Any]) -> None:
    decoded = vector["decoded"]
    [message] = frames.read_messages(bytes.fromhex(vector["hex"]))
    if decoded["kind"] == "sync":
        assert message.kind == frames.SYNC
        assert list(STEPS).index(decoded["step"]) == message.step
        assert message.payload.hex() == decoded["payload"]
        if "vector" in decoded:
            clocks = vectors.read_state_vector(message.payload)
            assert {str(c): n for c, n in clocks.items()} == decoded["vector"]
            assert vectors.write_state_vector(clocks) == message.payload
    elif decoded["kind"] == "awareness":
        [(client, clock, state)] = awareness.read_states(message.payload)
        assert [{"client": client, "clock": clock, "state": json.loads(state)}] == decoded["states"]
    else:
        kinds = {"auth": frames.AUTH, "query awareness": frames.QUERY_AWARENESS}
        assert message.kind == kinds.get(decoded["kind"], frames.HEARTBEAT)


def test_several_messages_in_one_frame_come_in_order() -> None:
    both = frames.step1(b"\0") + frames.update(b"\0\0") + frames.HEARTBEAT_FRAME
    assert [(m.kind, m.step) for m in frames.read_messages(both)] == [(0, 0), (0, 2), (102, -1)]


@pytest.mark.parametrize("vector", FRAMES["rejects"], ids=lambda v: v["name"])
def test_rubbish_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(lib0.Malformed):
        frames.read_messages(bytes.fromhex(vector["hex"]))


@pytest.mark.parametrize("vector", LIB0["var_uint"], ids=lambda v: v["hex"])
def test_numbers(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["hex"])
    assert lib0.write_var_uint(vector["value"]) == raw
    assert lib0.read_var_uint(raw, 0) == (vector["value"], len(raw))


@pytest.mark.parametrize("vector", LIB0["var_string"], ids=lambda v: v["hex"])
def test_texts_announce_their_bytes_not_their_characters(vector: dict[str, Any]) -> None:
    raw = bytes.fromhex(vector["hex"])
    assert lib0.var_string(vector["value"]) == raw
    assert lib0.read_var_string(raw, 0) == (vector["value"], len(raw))


@pytest.mark.parametrize("vector", LIB0["rejects"]["var_uint"], ids=lambda v: v["name"])
def test_numbers_that_are_none(vector: dict[str, Any]) -> None:
    with pytest.raises(lib0.Malformed):
        lib0.read_var_uint(bytes.fromhex(vector["hex"]), 0)


@pytest.mark.parametrize("vector", LIB0["rejects"]["var_string"], ids=lambda v: v["name"])
def test_texts_that_are_none(vector: dict[str, Any]) -> None:
    with pytest.raises(lib0.Malformed):
        lib0.read_var_string(bytes.fromhex(vector["hex"]), 0)


class Counted(bytes):
    """Counts how many bytes a reader looks at: time that no busy machine can disturb."""

    looked_at = 0

    def __getitem__(self, key: Any) -> Any:
        Counted.looked_at += 1
        return super().__getitem__(key)


def test_an_endless_number_is_given_up_after_eight_bytes() -> None:
    Counted.looked_at = 0
    with pytest.raises(lib0.Malformed):
        lib0.read_var_uint(Counted(b"\xff" * 200_000), 0)
    assert 0 < Counted.looked_at <= 8
