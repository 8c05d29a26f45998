"""What the container of a recording says of it: how long it is, and whether there is a picture in it.

Nothing is decoded. All walks are bounded, and whatever does not fit ends them: what cannot be read says nothing.
"""

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# What is walked: a file that is mapped into memory is sliced and searched like bytes.
Data = bytes | mmap.mmap
ELEMENTS = 500_000
TAIL_BYTES = 128 * 1024


@dataclass(slots=True)
class Heard:
    """`seconds`: None where the container does not tell."""

    seconds: float | None = None
    has_audio: bool = False
    has_video: bool = False


# -- Matroska and WebM (RFC 9559); element ids as they stand in the file

_SEGMENT, _CLUSTER, _TRACKS, _TRACK, _INFO, _GROUP = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE, 0x1549A966, 0xA0
_ENTERED = {_SEGMENT, _CLUSTER, _TRACKS, _TRACK, _INFO, _GROUP, 0x1A45DFA3}
_SCALE, _DURATION, _TIMESTAMP, _SIMPLE_BLOCK, _BLOCK, _TRACK_TYPE = 0x2AD7B1, 0x4489, 0xE7, 0xA3, 0xA1, 0x83


def matroska(data: Data) -> Heard:
    """Of WebM too; a browser's live recording names no duration, so the last block tells."""
    heard, scale, named, cluster, last = Heard(), 1_000_000, 0.0, 0, -1
    for id, start, end in _elements(data):
        if id == _SCALE:
            scale = _number(data, start, end) or scale
        elif id == _DURATION and end - start in (4, 8):
            named = struct.unpack(">f" if end - start == 4 else ">d", data[start:end])[0]
        elif id == _TRACK_TYPE:
            kind = _number(data, start, end)
            heard.has_audio |= kind == 2
            heard.has_video |= kind == 1
        elif id == _TIMESTAMP:
            cluster = _number(data, start, end)
        elif id in (_SIMPLE_BLOCK, _BLOCK):
            last = max(last, cluster + _relative(data, start))
    ticks = max(last, named) if named == named else last  # NaN is unequal to itself
    heard.seconds = None if ticks < 0 else ticks * scale / 1e9
    return heard


def _elements(data: Data) -> Iterator[tuple[int, int, int]]:
    """(id, start, end) of every element; masters are entered, so that those of unknown size need no end."""
    at = 0
    for _ in range(ELEMENTS):
        id, at = _vint(data, at, is_id=True)
        size, at = _vint(data, at, is_id=False)
        if at < 0:
            return
        if id in _ENTERED:
            continue
        if size < 0:
            return
        yield id, at, min(at + size, len(data))
        at += size


def _vint(data: Data, at: int, *, is_id: bool) -> tuple[int, int]:
    """A variable-length number and what stands behind it; place -1 at the end, value -1 for "unknown"."""
    if not 0 <= at < len(data) or data[at] == 0:
        return 0, -1
    width = 9 - data[at].bit_length()
    if width > (4 if is_id else 8) or at + width > len(data):
        return 0, -1
    value = int.from_bytes(data[at : at + width])
    if is_id:
        return value, at + width
    value &= (1 << 7 * width) - 1
    return (-1 if value == (1 << 7 * width) - 1 else value), at + width


def _number(data: Data, start: int, end: int) -> int:
    return int.from_bytes(data[start : min(end, start + 8)])


def _relative(data: Data, start: int) -> int:
    _, at = _vint(data, start, is_id=False)
    if at < 0 or at + 2 > len(data):
        return 0
    relative: int = struct.unpack_from(">h", data, at)[0]
    return relative


# -- MP4 (ISO 14496-12)

_BOXES_ENTERED = {b"moov", b"trak", b"mdia", b"mvex", b"moof", b"traf"}


class _Box(NamedTuple):
    kind: bytes
    start: int
    end: int


def mp4(data: Data) -> Heard:
    """A recording in fragments names no duration: their samples are added up."""
    heard, movie, track_scale, sample, base = Heard(), 0.0, 0, 0, 0
    ended = 0
    for kind, start, end in _boxes(data):
        body = data[start:end] if kind != b"mdat" else b""
        if kind == b"mvhd":
            scale, ticks = _times(body)
            movie = ticks / scale if scale else 0.0
        elif kind == b"mdhd":
            track_scale = track_scale or _times(body)[0]
        elif kind == b"hdlr":
            heard.has_audio |= body[8:12] == b"soun"
            heard.has_video |= body[8:12] == b"vide"
        elif kind == b"trex" and len(body) >= 16:
            sample = int.from_bytes(body[12:16])
        elif kind == b"tfhd":
            sample = _default_duration(body) or sample
        elif kind == b"tfdt":
            base = int.from_bytes(body[4:12] if body[:1] == b"\1" else body[4:8])
        elif kind == b"trun":
            base += _run_duration(body, sample)
            ended = max(ended, base)
    fragments = ended / track_scale if track_scale else 0.0
    heard.seconds = max(movie, fragments) or None
    return heard


def _boxes(data: Data) -> Iterator[_Box]:
    at = 0
    for _ in range(ELEMENTS):
        if at + 8 > len(data):
            return
        size, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = len(data) - at
        if size < head:
            return
        if kind in _BOXES_ENTERED:
            at += head
            continue
        yield _Box(kind, at + head, min(at + size, len(data)))
        at += size


def _times(body: bytes) -> tuple[int, int]:
    """(timescale, duration) of `mvhd` and `mdhd`; all ones means that it is not known."""
    if body[:1] == b"\1":
        scale, ticks, unknown = int.from_bytes(body[20:24]), int.from_bytes(body[24:32]), 2**64 - 1
    else:
        scale, ticks, unknown = int.from_bytes(body[12:16]), int.from_bytes(body[16:20]), 2**32 - 1
    return scale, 0 if ticks == unknown else ticks


def _default_duration(body: bytes) -> int:
    flags, at = int.from_bytes(body[1:4]), 8
    at += 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2)
    return int.from_bytes(body[at : at + 4]) if flags & 0x8 else 0


def _run_duration(body: bytes, sample: int) -> int:
    flags, count = int.from_bytes(body[1:4]), int.from_bytes(body[4:8])
    if not flags & 0x100:
        return count * sample
    at = 8 + 4 * bool(flags & 0x1) + 4 * bool(flags & 0x4)
    width = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    return sum(int.from_bytes(body[each : each + 4]) for each in range(at, min(len(body), at + count * width), width))


# -- Ogg (RFC 3533, RFC 7845)


def ogg(data: Data) -> Heard:
    """By the granule position of the last page: samples so far."""
    first = data[:256]
    if (head := first.find(b"OpusHead")) >= 0:
        rate, skipped = 48_000, int.from_bytes(first[head + 10 : head + 12], "little")
    elif (head := first.find(b"\x01vorbis")) >= 0:
        rate, skipped = int.from_bytes(first[head + 12 : head + 16], "little"), 0
    else:
        return Heard(has_video=b"theora" in first, has_audio=b"Speex" in first or b"fLaC" in first or b"FLAC" in first)
    place = max(0, len(data) - TAIL_BYTES)
    last = data.rfind(b"OggS", place)
    granule = int.from_bytes(data[last + 6 : last + 14], "little", signed=True) if last >= 0 else -1
    return Heard(max(0, granule - skipped) / rate if rate and granule >= 0 else None, has_audio=True)


# -- WAV


def wav(data: Data) -> Heard:
    """By the bytes of a second that its header names."""
    at, rate = 12, 0
    while at + 8 <= min(len(data), 1 << 20):
        kind, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"fmt ":
            rate = int.from_bytes(data[at + 16 : at + 20], "little")
        if kind == b"data":
            return Heard(min(size, len(data) - at - 8) / rate if rate else None, has_audio=True)
        at += 8 + size + size % 2
    return Heard(has_audio=True)
