"""How much people may upload, as the operator says it: `50MB`, `5m`; checked before start."""

import re

from quillroom.services.errors import Invalid, Unfit
from quillroom.settings import FileLimits

_BYTES = {"": 1, "kb": 1000, "mb": 1000**2, "gb": 1000**3, "tb": 1000**4}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_NUMBER = re.compile(r"(\d{1,15}(?:\.\d{1,3})?)\s*([a-z]*)\Z", re.IGNORECASE)


def parse_limits(file: str | None, image: str | None, voice: str | None, quota: str | None) -> FileLimits:
    """None: as it is without saying anything. Raises Invalid."""
    usual = FileLimits()
    file_bytes = _amount("--max-file", file, _BYTES, usual.file_bytes, "50MB")
    quota_bytes = _amount("--quota", quota, _BYTES, usual.quota_bytes, "1GB")
    return FileLimits(
        file_bytes=int(file_bytes),
        image_bytes=int(min(file_bytes, _amount("--max-image", image, _BYTES, usual.image_bytes, "20MB"))),
        voice_seconds=_amount("--max-voice", voice, _SECONDS, usual.voice_seconds, "5m"),
        quota_bytes=int(quota_bytes),
        unsent_bytes=int(max(file_bytes, usual.unsent_bytes)),  # one file that is allowed can be uploaded
    )


def told(size: int) -> str:
    """`50 MB`, for a sentence."""
    for unit in ("TB", "GB", "MB", "kB"):
        if size >= _BYTES[unit.lower()]:
            return f"{size / _BYTES[unit.lower()]:.4g} {unit}"
    return f"{size} bytes"


def voice_too_long(most_seconds: float) -> Unfit:
    """What is said of a recording that lasts longer."""
    told = f"{most_seconds / 60:.0f} minutes" if most_seconds >= 120 else f"{most_seconds:.0f} seconds"
    return Unfit(f"A voice message may last at most {told}.", "voice_too_long", most_seconds)


def _amount(option: str, said: str | None, units: dict[str, int], usual: float, example: str) -> float:
    if said is None:
        return usual
    found = _NUMBER.match(said.strip())
    unit = units.get(found[2].lower()) if found else None
    if found is None or unit is None or float(found[1]) * unit < 1:
        raise Invalid(f"{option}: something like {example} was expected, {said!r:.40} came.")
    return float(found[1]) * unit
