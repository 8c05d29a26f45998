"""What is uploaded is looked at: pictures are made anew, recordings are measured, and what pretends is refused."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from files.house import kept, told
from support.server import Server
from support.uploader import Uploader, noise, photograph, picture, webm

MB = 1024 * 1024


@pytest.mark.parametrize(("format", "type"), [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "webp")])
async def test_a_photograph_tells_nothing_but_what_can_be_seen_on_it(ann: Uploader, format: str, type: str) -> None:
    taken = photograph(format)
    assert Image.open(io.BytesIO(taken)).getexif().get_ifd(0x8825), "the premise: it says where it was taken"
    file = await ann.uploads(f"a.{format.lower()}", taken, alt="A house")
    assert (file["kind"], file["type"], file["alt"]) == ("image", f"image/{type}", "A house")
    assert (file["width"], file["height"]) == (300, 400)  # it stands upright now
    answer = await ann.fetches(file["id"])
    assert answer.headers["content-disposition"].startswith("inline;")
    clean = Image.open(io.BytesIO(answer.content))
    assert clean.size == (300, 400)
    assert not dict(clean.getexif())
    assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & set(clean.info)
    for secret in (b"SecretPhone", b"GPS", b"2026:11", b"at home", b"Exif", b"xmpmeta"):
        assert secret not in answer.content


async def test_a_large_picture_has_a_small_one_for_the_chat(ann: Uploader) -> None:
    file = await ann.uploads("noise.png", noise(900, 700))
    assert file["has_thumbnail"]
    answer = await ann.fetches(file["id"], "/thumbnail")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert max(Image.open(io.BytesIO(answer.content)).size) == 480
    small = await ann.uploads("small.png", picture())
    assert not small["has_thumbnail"]
    assert (await ann.fetches(small["id"], "/thumbnail")).status_code == 404


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
async def test_an_animation_still_moves_and_tells_nothing_besides(ann: Uploader, format: str) -> None:
    frames = [Image.new("RGB", (40, 30), (10 * each, 0, 200)) for each in range(6)]
    out = io.BytesIO()
    told = {"comment": b"SecretComment"} if format == "GIF" else {"exif": b"Exif\0\0SecretComment"}
    frames[0].save(out, format, save_all=True, append_images=frames[1:], duration=50, loop=0, **told)
    assert b"SecretComment" in out.getvalue()
    file = await ann.uploads(f"a.{format.lower()}", out.getvalue())
    found = (await ann.fetches(file["id"])).content
    assert getattr(Image.open(io.BytesIO(found)), "n_frames", 1) == 6
    assert b"SecretComment" not in found


async def test_a_picture_of_another_kind_than_its_name_gets_the_right_ending(ann: Uploader) -> None:
    assert (await ann.uploads("scan.png", picture("JPEG")))["name"] == "scan.jpg"


async def test_a_recording_says_how_long_it_is_by_itself(ann: Uploader) -> None:
    more = {"kind": "voice", "duration": 300, "waveform": [0, 50, 100]}
    file = await ann.uploads("voice.webm", webm(7), **more)
    assert (file["kind"], file["type"], file["waveform"]) == ("voice", "audio/webm", [0, 50, 100])
    assert file["duration"] == pytest.approx(6.98, abs=0.05)
    answer = await ann.fetches(file["id"], Range="bytes=10-19")
    assert (answer.status_code, answer.content) == (206, webm(7)[10:20])


def flood(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that is to become gigabytes of pixels."""
    rows = zlib.compress(bytes(1 + width * 3) * 64, 9)
    parts = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")
    chunks = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def text_bomb() -> bytes:
    """A small PNG whose note would unpack to 300 MB."""
    small = picture()
    packed = b"note\0\0" + zlib.compress(bytes(300 * MB), 9)
    chunk = struct.pack(">I", len(packed)) + b"zTXt" + packed + struct.pack(">I", zlib.crc32(b"zTXt" + packed))
    return small[:33] + chunk + small[33:]


def long_animation() -> bytes:
    frames = [Image.new("1", (4, 4), each % 2) for each in range(600)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=20)
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
REFUSED: dict[str, tuple[str, bytes, dict[str, Any], str, str]] = {
    "a pixel flood": ("a.png", flood(60_000, 60_000), {}, "40 million pixels", "too_many_pixels"),
    "a zip bomb in a picture": ("a.png", text_bomb(), {}, "cannot be read", "damaged"),
    "half a picture": ("a.jpg", photograph()[:2000], {}, "cannot be read", "damaged"),
    "an SVG called a picture": ("a.png", SVG, {}, "its bytes are none", "not_a_picture"),
    "a page called a picture": ("a.JPEG", HTML, {}, "its bytes are none", "not_a_picture"),
    "an animation without end": ("a.gif", long_animation(), {}, "moves too long", "moves_too_long"),
    "a recording of half an hour": (
        "v.webm",
        webm(1800, pieces=1),
        {"kind": "voice", "duration": 20},
        "5 minutes",
        "voice_too_long",
    ),
    "a film called a recording": (
        "v.webm",
        webm(3, codec=b"V_VP8", track=2),
        {"kind": "voice"},
        "recording was",
        "not_a_recording",
    ),
    "a text called a recording": ("v.webm", b"words", {"kind": "voice"}, "recording was expected", "not_a_recording"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_refused_with_a_sentence_and_nothing_is_kept_of(server: Server, ann: Uploader, what: str) -> None:
    name, data, more, sentence, why = REFUSED[what]
    before = kept(server)
    answer = await ann.tries(name, data, **more)
    status, code, said = told(answer)
    assert (status, code) == (400, why), said
    assert sentence in said
    assert kept(server) == before
    assert server.sql("SELECT count(*) FROM file WHERE uploader = ?", ann.account.id) == [(0,)]
    assert (await ann.uploads("fine.png", picture()))["kind"] == "image"  # and the next one is looked at as ever


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ({"name": "a", "size": 0}, 400),
        ({"name": "a", "size": -1}, 400),
        ({"name": "a", "size": 50_000_001}, 413),
        ({"name": "a", "size": True}, 400),
        ({"name": 5, "size": 1}, 400),
        ({"size": 1}, 400),
        ({"name": "a", "size": 1, "kind": "image"}, 400),
        ({"name": "a", "size": 1, "path": "/etc"}, 400),
        ({"name": "a", "size": 1, "alt": "x" * 501}, 400),
        ({"name": "a", "size": 1, "kind": "voice", "waveform": [101]}, 400),
        ({"name": "a", "size": 1, "kind": "voice", "waveform": [1] * 129}, 400),
        ({"name": "a", "size": 1, "kind": "voice", "duration": -1}, 400),
        ({"name": "a", "size": 1, "kind": "voice", "duration": 1800}, 400),
    ],
)
async def test_no_upload_begins_with(ann: Uploader, what: dict[str, object], status: int) -> None:
    answer = await ann.account.request("POST", f"/api/documents/{ann.page}/files", json=what)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\evil.exe", "evil.exe"),
        ("a\0b\r\nc.txt", "abc.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("....", "file"),
        ("", "file"),
        ("报告 2026.pdf", "报告 2026.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
async def test_a_file_is_called(ann: Uploader, given: str, shown: str) -> None:
    # PostgreSQL keeps no NUL, and the API takes none in JSON.
    answer = await ann.announces(given.replace("\0", "\x01"), 1)
    assert answer.json()["file"]["name"] == shown


@pytest.mark.parametrize(("name", "data"), [("a.svg", SVG), ("a.html", HTML), ("a.pdf", b"%PDF-1.7 words")])
async def test_what_could_run_is_only_to_be_downloaded(ann: Uploader, name: str, data: bytes) -> None:
    file = await ann.uploads(name, data)
    assert file["kind"] == "file"
    answer = await ann.fetches(file["id"])
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] in ("application/octet-stream", "application/pdf")


async def test_nobody_fills_the_disk_with_what_they_never_send(ann: Uploader) -> None:
    for _ in range(4):
        await ann.begins("a.bin", 50_000_000)
    assert told(await ann.announces("a.bin", 1))[:2] == (409, "too_many_unsent")
