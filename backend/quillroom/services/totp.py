"""The second factor: time-based codes (RFC 6238) that count once, and recovery codes."""

import secrets
import time

import pyotp

from quillroom.services.people import hash_token

SECONDS = 30
STEPS = 1  # a clock may be wrong by so many
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def new_secret() -> str:
    """160 bits, as authenticators take them."""
    return pyotp.random_base32()


def address(secret: str, email: str, workspace: str) -> str:
    """The `otpauth:` address that a QR code holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=workspace)


def step_of(secret: str, code: str, last_step: int | None, now: float | None = None) -> int | None:
    """The time step whose code this is, if it is later than the last that was used; None: it is wrong or old."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdecimal():
        return None
    current = int((time.time() if now is None else now) // SECONDS)
    for step in range(current - STEPS, current + STEPS + 1):
        is_new = last_step is None or step > last_step
        if is_new and secrets.compare_digest(pyotp.TOTP(secret).at(step * SECONDS), digits):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Ten codes of some 50 bits, to be written down."""
    return ["-".join(_word() for _ in range(2)) for _ in range(RECOVERY_CODES)]


def hash_recovery_code(code: str) -> bytes:
    """As it is kept; case, spaces and dashes do not count."""
    return hash_token("".join(c for c in code.lower() if c.isalnum()))


def _word() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
