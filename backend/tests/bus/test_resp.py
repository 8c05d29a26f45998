"""What Redis says is read whatever way it is cut, and what is not Redis is not believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quillroom.bus.resp import Garbled, RedisError, Replies, Value, pack


def said(value: Value) -> bytes:
    """As Redis says it."""
    if isinstance(value, RedisError):
        return b"-%b\r\n" % value.encode()
    if isinstance(value, bytes):
        return b"$%d\r\n%b\r\n" % (len(value), value)
    if isinstance(value, int):
        return b":%d\r\n" % value
    return b"$-1\r\n" if value is None else b"*%d\r\n" % len(value) + b"".join(map(said, value))


errors = st.text("ABC xyz", min_size=1).map(RedisError)
simple = st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=50) | errors
values: st.SearchStrategy[Value] = st.recursive(simple, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


@given(st.lists(values, max_size=6), st.data())
def test_replies_come_out_as_they_went_in_whatever_way_they_are_cut(replies: list[Value], data: st.DataObject) -> None:
    sent = b"".join(map(said, replies))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=8)))
    read, found = Replies(), []
    for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
        found += read.feed(sent[start:end])
    assert found == replies


@given(st.binary(max_size=300))
def test_rubbish_raises_one_error_and_nothing_else(rubbish: bytes) -> None:
    try:
        Replies().feed(rubbish)
    except Garbled:
        return


@pytest.mark.parametrize(
    "rubbish", [b"HTTP/1.1\r\n", b"$x\r\n", b"$99999999999\r\n", b"*99999999999\r\n", b"*1\r\n" * 20]
)
def test_what_is_not_redis_is_refused(rubbish: bytes) -> None:
    with pytest.raises(Garbled):
        Replies().feed(rubbish)


def test_a_reply_without_end_is_refused() -> None:
    read, refused = Replies(), 0
    for _ in range(20):
        try:
            read.feed(b"+" + b"x" * 1_000_000)
        except Garbled:
            refused += 1
    assert refused >= 1


def test_a_command_says_how_long_its_words_are() -> None:
    assert pack("SET", b"\xff", "世", 7) == b"*4\r\n$3\r\nSET\r\n$1\r\n\xff\r\n$3\r\n\xe4\xb8\x96\r\n$1\r\n7\r\n"
