"""RFC 6455 framing: what a browser sends is read whole, what it must not send is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from quillroom.protocol.websocket import FrameError, FrameReader, close_frame, encode_frame, pong

LIMIT = 1 << 20
KEY = bytes.fromhex("37fa213d")  # RFC 6455 §5.7


def masked(payload: bytes, opcode: int = 2, first: int | None = None) -> bytes:
    size = len(payload)
    head = bytes([0x80 | opcode if first is None else first])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return head + KEY + bytes(b ^ KEY[i % 4] for i, b in enumerate(payload))


def refusal(data: bytes, limit: int = LIMIT) -> int:
    with pytest.raises(FrameError) as caught:
        FrameReader(limit).feed(data)
    return caught.value.close_code


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536])
def test_a_message_of_any_length_is_read(size: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    assert FrameReader(LIMIT).feed(masked(payload)) == [(2, payload)]


def test_fragments_are_joined_and_a_ping_between_them_comes_at_once() -> None:
    reader = FrameReader(LIMIT)
    assert reader.feed(masked(b"ab", first=0x02)) == []
    assert reader.feed(masked(b"", first=0x00)) == []
    assert reader.feed(masked(b"?", 9)) == [(9, b"?")]
    assert reader.feed(masked(b"c", first=0x80)) == [(2, b"abc")]
    assert reader.feed(masked(b"next")) == [(2, b"next")]


def test_a_character_may_be_cut_between_fragments() -> None:
    reader = FrameReader(LIMIT)
    assert reader.feed(masked(b"\xc3", first=0x01) + masked(b"\xa9", first=0x80)) == [(1, "é".encode())]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (encode_frame(b"unmasked"), 1002),
        (masked(b"x", first=0xC2), 1002),
        (masked(b"x", first=0xA2), 1002),
        (masked(b"x", first=0x92), 1002),
        (masked(b"x", 3), 1002),
        (masked(b"x", 11), 1002),
        (masked(b"x" * 126, 9), 1002),
        (masked(b"x", first=0x09), 1002),
        (masked(b"x", 0), 1002),
        (masked(b"a", first=0x02) + masked(b"b"), 1002),
        (b"\x82\xfe\x00\x05", 1002),
        (b"\x82\xff" + (65535).to_bytes(8, "big"), 1002),
        (masked(b"\xff", 1), 1007),
        (masked(b"\xc3", first=0x01) + masked(b"(", first=0x80), 1007),
        (masked(b"\x03", 8), 1002),
        (masked(b"\x03\xe8\xff", 8), 1007),
    ],
)
def test_a_peer_that_breaks_the_protocol_is_refused(data: bytes, code: int) -> None:
    assert refusal(data) == code


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4401, 4999])
def test_close_codes_that_may_be_sent(code: int) -> None:
    payload = code.to_bytes(2, "big") + b"bye"
    assert FrameReader(LIMIT).feed(masked(payload, 8)) == [(8, payload)]


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_close_codes_that_must_not_be_sent(code: int) -> None:
    assert refusal(masked(code.to_bytes(2, "big"), 8)) == 1002


def test_a_message_too_big_is_refused_from_its_length_alone() -> None:
    assert FrameReader(100).feed(masked(b"x" * 100)) == [(2, b"x" * 100)]
    assert refusal(b"\x82\x80\0\0\0\0"[:1] + b"\xfe\x00\x7f", limit=100) == 1009
    assert refusal(b"\x82\xff" + (1 << 40).to_bytes(8, "big"), limit=100) == 1009


def test_fragments_together_may_not_be_too_big_either() -> None:
    reader = FrameReader(100)
    assert reader.feed(masked(b"x" * 60, first=0x02)) == []
    assert reader.feed(masked(b"x" * 125, 9)) == [(9, b"x" * 125)]
    with pytest.raises(FrameError) as caught:
        reader.feed(masked(b"x" * 41, first=0x80)[:2])
    assert caught.value.close_code == 1009


MESSAGES = st.lists(
    st.tuples(st.sampled_from([2, 9, 10]), st.binary(max_size=125))
    | st.tuples(st.just(2), st.binary(min_size=120, max_size=300))
    | st.tuples(st.just(1), st.text(max_size=80).map(str.encode)),
    max_size=8,
)


@given(MESSAGES, st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_it_does_not_matter_how_the_network_cuts_the_bytes(messages: list[tuple[int, bytes]], cuts: list[int]) -> None:
    data = b"".join(masked(payload, opcode) for opcode, payload in messages)
    assert FrameReader(LIMIT).feed(data) == messages
    for sizes in (cuts, [1]):
        reader, at, turn, found = FrameReader(LIMIT), 0, 0, list[tuple[int, bytes]]()
        while at < len(data):
            size = sizes[turn % len(sizes)]
            found += reader.feed(data[at : at + size])
            at, turn = at + size, turn + 1
        assert found == messages


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(FrameError):
        FrameReader(1000).feed(data)


def client() -> ClientProtocol:
    return ClientProtocol(parse_uri("ws://quillroom.test/"), state=OPEN)


@pytest.mark.parametrize("size", [0, 125, 126, 65536])
def test_another_implementation_reads_what_we_write(size: int) -> None:
    peer = client()
    peer.receive_data(encode_frame(b"x" * size) + pong(b"hi") + close_frame(4401, "é" * 100))
    data, answer, close = peer.events_received()
    assert isinstance(data, Frame)
    assert (data.opcode, bytes(data.data)) == (Opcode.BINARY, b"x" * size)
    assert isinstance(answer, Frame)
    assert answer.opcode is Opcode.PONG
    assert isinstance(close, Frame)
    assert peer.close_rcvd is not None
    assert (peer.close_rcvd.code, peer.close_rcvd.reason) == (4401, "é" * 61)


def test_we_read_what_another_implementation_writes() -> None:
    peer = client()
    peer.send_binary(b"update")
    peer.send_text("é".encode(), fin=False)
    peer.send_ping(b"?")
    peer.send_continuation(b"!", fin=True)
    peer.send_close(1001, "away")
    data = b"".join(peer.data_to_send())
    assert FrameReader(LIMIT).feed(data) == [
        (2, b"update"),
        (9, b"?"),
        (1, "é!".encode()),
        (8, b"\x03\xe9away"),
    ]
