"""What an uploaded file really is, by its bytes; pictures are made anew. Runs in a process of its own.

Decoders have a history, so this process has bounds of memory and time, and the server never decodes anything itself.
"""

import contextlib
import hashlib
import io
import mmap
import re
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, ImageSequence, UnidentifiedImageError

from quillroom.services import containers
from quillroom.services.containers import Data, Heard
from quillroom.services.errors import Unfit
from quillroom.services.limits import told as size_told
from quillroom.services.limits import voice_too_long

if sys.platform != "win32":
    import resource

MEMORY_BYTES = 2 * 1024**3  # of addresses, most of them never touched
TIME_SECONDS = 25
PIXELS = 40_000_000
FRAMES = 500
ANIMATED_PIXELS = 100_000_000  # of all frames together
THUMBNAIL_SIDE = 480
SMALL_BYTES = 96 * 1024  # so small a picture is its own thumbnail
MOVING_BYTES = 1024 * 1024  # and so small an animation: it moves where it stands
PROFILE_BYTES = 1024 * 1024
VOICE_BYTES = 20 * 1024 * 1024
GRACE_SECONDS = 2.0  # a recorder stops a little late

OCTETS = "application/octet-stream"
IMAGES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP", "image/avif": "AVIF"}
AUDIO = ("audio/webm", "audio/ogg", "audio/mp4", "audio/mpeg", "audio/wav")
VOICES = ("audio/webm", "audio/ogg", "audio/mp4")
# What a browser may show or play in its place; everything else is only to be downloaded.
INLINE = frozenset((*IMAGES, *AUDIO))
_PICTURE_NAME = re.compile(r"\.(png|jpe?g|gif|webp|avif)$", re.IGNORECASE)
_ENDINGS = {
    "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Claimed:
    """What whoever uploads says of it, and what is allowed."""

    name: str
    is_voice: bool
    seconds: float | None
    image_bytes: int
    voice_seconds: float


@dataclass(frozen=True, slots=True)
class Found:
    """What it is. `path` holds the bytes to keep, `thumbnail_path` a small picture of them."""

    kind: str
    type: str
    name: str
    path: Path
    hash: str
    size: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    thumbnail_path: Path | None = None
    thumbnail_hash: str | None = None


def examine(source: Path, claimed: Claimed) -> Found:
    """Look at an upload; what is made from it lies beside it. Raises Unfit; may kill this process."""
    with _bounded():
        try:
            return _examined(source, claimed)
        except MemoryError:
            raise Unfit(f"{claimed.name} needs too much memory to be looked at.", "damaged") from None


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    if sys.platform == "win32":  # it has neither
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    with contextlib.suppress(OSError):  # Linux: where memory ends, this process goes and not the server
        Path("/proc/self/oom_score_adj").write_text("800")
    signal.setitimer(signal.ITIMER_REAL, TIME_SECONDS)  # nobody handles it: the process ends
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _examined(source: Path, claimed: Claimed) -> Found:
    with source.open("rb") as file:
        type = sniff(file.read(4096))
    if claimed.is_voice:
        return _voice(source, claimed, type)
    if type in IMAGES:
        return _picture(source, claimed, type)
    if _PICTURE_NAME.search(claimed.name):
        # Whatever it is, SVG or HTML, it must not come in as a picture.
        raise Unfit(f"{claimed.name} is called a picture, but its bytes are none.", "not_a_picture")
    type, heard = _heard(source, type)
    kind = "video" if type.startswith("video/") else "audio" if type in AUDIO else "file"
    return Found(
        kind, type, claimed.name, source, hash_of(source), source.stat().st_size, seconds=_shown(heard.seconds)
    )


def sniff(head: bytes) -> str:
    """The type that these first bytes are of; application/octet-stream for all that no browser shall look into."""
    for magic, type in _MAGIC:
        if magic(head):
            return type
    return OCTETS


def _brand(*names: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[4:8] == b"ftyp" and head[8:12] in names


_MAGIC: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (lambda head: head.startswith(b"\x89PNG\r\n\x1a\n"), "image/png"),
    (lambda head: head.startswith(b"\xff\xd8\xff"), "image/jpeg"),
    (lambda head: head.startswith((b"GIF87a", b"GIF89a")), "image/gif"),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", "image/webp"),
    (_brand(b"avif", b"avis"), "image/avif"),
    (lambda head: head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64], "video/webm"),
    (_brand(b"M4A ", b"M4B ", b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"dash"), "video/mp4"),
    (lambda head: head.startswith(b"OggS\0"), "video/ogg"),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WAVE", "audio/wav"),
    (lambda head: head.startswith(b"ID3") or head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), "audio/mpeg"),
    (lambda head: head.startswith(b"%PDF-"), "application/pdf"),
)
_WALKS: dict[str, Callable[[Data], Heard]] = {
    "video/webm": containers.matroska,
    "video/mp4": containers.mp4,
    "video/ogg": containers.ogg,
    "audio/wav": containers.wav,
}


# -- what can be heard


def _heard(source: Path, type: str) -> tuple[str, Heard]:
    """The type with or without picture, and what the container says; its walk sees the file, not a copy."""
    walk = _WALKS.get(type)
    if walk is None:
        return type, Heard(has_audio=type in AUDIO)
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        heard = walk(data)
    if type.startswith("video/") and heard.has_audio and not heard.has_video:
        return type.replace("video/", "audio/"), heard
    return (OCTETS if type == "video/ogg" else type), heard


def _voice(source: Path, claimed: Claimed, type: str) -> Found:
    type, heard = _heard(source, type)
    if type not in VOICES:
        raise Unfit("A recording was expected: WebM, Ogg or MP4, with sound and nothing else.", "not_a_recording")
    size = source.stat().st_size
    seconds = heard.seconds if heard.seconds else claimed.seconds
    if size > VOICE_BYTES or (seconds or 0) > claimed.voice_seconds + GRACE_SECONDS:
        raise voice_too_long(claimed.voice_seconds)
    return Found("voice", type, claimed.name, source, hash_of(source), size, seconds=_shown(seconds))


def _shown(seconds: float | None) -> float | None:
    return None if seconds is None or not 0 <= seconds < 1e6 else round(seconds, 2)


# -- pictures


def _picture(source: Path, claimed: Claimed, type: str) -> Found:
    if source.stat().st_size > claimed.image_bytes:
        most = claimed.image_bytes
        raise Unfit(f"A picture may have at most {size_told(most)}.", "picture_too_large", most)
    Image.MAX_IMAGE_PIXELS = None  # the size is looked at below, before a pixel is decoded
    out, small = source.with_name(source.name + ".out"), source.with_name(source.name + ".small")
    try:
        with Image.open(source, formats=(IMAGES[type],)) as image:
            if image.width * image.height > PIXELS:
                sentence = f"{claimed.name} has more than {PIXELS // 1_000_000} million pixels."
                raise Unfit(sentence, "too_many_pixels", PIXELS)
            is_moving = type in ("image/gif", "image/webp") and _is_moving(image, claimed.name)
            if is_moving:
                _save_moving(image, out, type)
                image.seek(0)
                still = image.convert("RGBA")
            else:
                still = _upright(image)
                type = _save_still(still, out, type)
            width, height = still.size
            size = out.stat().st_size
            has_thumbnail = size > (MOVING_BYTES if is_moving else SMALL_BYTES)
            if has_thumbnail:
                _save_small(still, small)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error):
        raise Unfit(f"{claimed.name} cannot be read: it is damaged, or no picture.", "damaged") from None
    name = claimed.name if _fits(claimed.name, type) else _PICTURE_NAME.sub("", claimed.name) + _ENDINGS[type]
    return Found(
        "image", type, name, out, hash_of(out), size, width, height,
        thumbnail_path=small if has_thumbnail else None,
        thumbnail_hash=hash_of(small) if has_thumbnail else None,
    )  # fmt: skip


def _is_moving(image: Image.Image, name: str) -> bool:
    frames = sum(1 for _ in zip(range(FRAMES + 1), ImageSequence.Iterator(image), strict=False))
    image.seek(0)
    if frames > FRAMES or frames * image.width * image.height > ANIMATED_PIXELS:
        sentence = f"{name} moves too long: at most {FRAMES} frames, or fewer large ones."
        raise Unfit(sentence, "moves_too_long", FRAMES)
    return frames > 1


def _save_moving(image: Image.Image, out: Path, type: str) -> None:
    """Frame by frame, and nothing of what is told besides."""
    for told in ("comment", "exif", "xmp", "icc_profile", "extension"):
        image.info.pop(told, None)
    if type == "image/gif":
        image.save(out, "GIF", save_all=True, comment=b"")
    else:
        image.save(out, "WEBP", save_all=True, quality=82, method=2, exif=b"", xmp=b"", icc_profile=None)


def _upright(image: Image.Image) -> Image.Image:
    """As it is meant to be seen, in sRGB, with nothing but its pixels."""
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        plain = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif image.mode in ("1", "L"):
        plain = image.convert("L")
    else:
        has_alpha = "A" in image.getbands() or "transparency" in image.info
        plain = _in_srgb(image).convert("RGBA" if has_alpha else "RGB")
    plain.info = {}  # what is saved along, unless told otherwise
    return plain


def _in_srgb(image: Image.Image) -> Image.Image:
    """A photograph of a phone is in wider colours; without them it would look pale."""
    profile = image.info.get("icc_profile")
    if not isinstance(profile, bytes) or len(profile) > PROFILE_BYTES or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        turned = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=mode)
        if turned is not None:
            return turned
    return image


def _save_still(image: Image.Image, out: Path, type: str) -> str:
    """Answers the type that it has now."""
    if type == "image/png":
        image.save(out, "PNG")
    elif type == "image/jpeg":
        image.convert("L" if image.mode == "L" else "RGB").save(out, "JPEG", quality=88, progressive=True)
    elif type == "image/gif":
        image.save(out, "GIF")
    else:
        image.save(out, "WEBP", quality=88, method=2)
        return "image/webp"
    return type


def _save_small(image: Image.Image, out: Path) -> None:
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.save(out, "WEBP", quality=78, method=4)


def _fits(name: str, type: str) -> bool:
    ending = Path(name).suffix.lower().replace(".jpeg", ".jpg")
    return ending == _ENDINGS[type]


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
