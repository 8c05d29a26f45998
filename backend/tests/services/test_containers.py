"""How long a recording is, by its container; and whatever else comes says nothing, and never takes long."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quillroom.services.containers import Heard, matroska, mp4, ogg, wav
from support.uploader import webm


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (8 + len(body)).to_bytes(4) + kind + body


def sound(handler: bytes = b"soun", ticks: int = 0) -> bytes:
    """The head of an MP4 with one track of 48,000 ticks a second."""
    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, ticks))
    mdia = box(b"mdia", box(b"mdhd", struct.pack(">IIIII", 0, 0, 0, 48_000, 0)), box(b"hdlr", bytes(8) + handler))
    mvex = box(b"mvex", box(b"trex", struct.pack(">IIIII", 0, 1, 1, 1024, 0)))
    return box(b"ftyp", b"isom") + box(b"moov", mvhd, box(b"trak", mdia), mvex)


def fragment(start: int, samples: int) -> bytes:
    """As Safari records: so many samples of 1024 ticks, as the head says, or each with its own."""
    own = struct.pack(f">{samples}I", *[960] * samples)
    parts = box(b"tfhd", bytes(8)), box(b"tfdt", struct.pack(">II", 0, start))
    return box(b"moof", box(b"traf", *parts, box(b"trun", struct.pack(">II", 0x100, samples), own))) + box(b"mdat", own)


def ogg_page(granule: int, body: bytes = b"") -> bytes:
    return b"OggS\0\0" + granule.to_bytes(8, "little", signed=True) + bytes(12) + b"\1" + bytes([len(body)]) + body


OPUS = ogg_page(0, b"OpusHead\1\1" + (312).to_bytes(2, "little") + bytes(7))


def test_a_webm_of_a_browser_is_as_long_as_its_last_block_says() -> None:
    heard = matroska(webm(12))
    assert heard.seconds == pytest.approx(11.98)
    assert (heard.has_audio, heard.has_video) == (True, False)
    assert matroska(webm(2, codec=b"V_VP9", track=2)).has_video


def test_an_mp4_says_how_long_it_is_or_its_fragments_do() -> None:
    assert mp4(sound(ticks=12_500)) == Heard(12.5, has_audio=True)
    assert mp4(sound() + fragment(0, 50) + fragment(48_000, 50)) == Heard(2.0, has_audio=True)
    assert mp4(sound(b"vide")).has_video


def test_an_ogg_is_as_long_as_its_last_page_says() -> None:
    assert ogg(OPUS + ogg_page(48_312)) == Heard(1.0, has_audio=True)
    assert ogg(OPUS).seconds == 0
    assert not ogg(ogg_page(0, b"\x80theora") + ogg_page(5)).has_audio


def test_a_wav_is_as_long_as_its_bytes() -> None:
    head = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16_000, 2, 16)
    assert wav(head + b"data" + (32_000).to_bytes(4, "little") + bytes(32_000)) == Heard(2.0, has_audio=True)


SAMPLES = [webm(2, pieces=3), sound() + fragment(0, 5), OPUS + ogg_page(48_312), b"RIFF\0\0\0\0WAVEfmt " + bytes(30)]


@settings(max_examples=300)
@given(st.sampled_from(SAMPLES), st.data())
def test_whatever_is_damaged_says_something_or_nothing_and_never_fails(sample: bytes, data: st.DataObject) -> None:
    spoilt = bytearray(sample[: data.draw(st.integers(0, len(sample)))])
    for _ in range(data.draw(st.integers(0, 8))):
        if spoilt:
            spoilt[data.draw(st.integers(0, len(spoilt) - 1))] = data.draw(st.integers(0, 255))
    for walk in (matroska, mp4, ogg, wav):
        assert isinstance(walk(bytes(spoilt)), Heard)


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_are_walked_to_their_end(data: bytes) -> None:
    for walk in (matroska, mp4, ogg, wav):
        assert isinstance(walk(data), Heard)
