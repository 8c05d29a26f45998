"""What a push service takes: a message that only the browser can read (RFC 8291), signed by this server (RFC 8292)."""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PAYLOAD_BYTES = 3072  # every service takes 4096 of record and header
TOKEN_SECONDS = 12 * 3600
_CURVE = ec.SECP256R1()
_RECORD_BYTES = 4096
_LAST_RECORD = b"\x02"


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a browser is reached, and what only it can open: its key and its secret, as PushSubscription has them."""

    endpoint: str
    p256dh: str
    auth: str


def encode(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The same back. Raises ValueError."""
    if len(text) > 200 or not text.isascii():
        raise ValueError
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def check(browser: Browser) -> None:
    """Raises ValueError unless its key and secret are such."""
    ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, decode(browser.p256dh))
    if len(decode(browser.auth)) != 16:
        raise ValueError


def encrypt(
    payload: bytes,
    browser: Browser,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """One record of `aes128gcm` (RFC 8188); key and salt are new each time. Raises ValueError."""
    if len(payload) > PAYLOAD_BYTES:
        raise ValueError(f"At most {PAYLOAD_BYTES} bytes were expected, {len(payload)} came.")
    ours, seasoning = key or ec.generate_private_key(_CURVE), salt or os.urandom(16)
    theirs = decode(browser.p256dh)
    public = _point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, theirs))
    secret = _derive(shared, decode(browser.auth), b"WebPush: info\0" + theirs + public, 32)
    content_key = _derive(secret, seasoning, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, seasoning, b"Content-Encoding: nonce\0", 12)
    header = seasoning + _RECORD_BYTES.to_bytes(4) + bytes([len(public)]) + public
    return header + AESGCM(content_key).encrypt(nonce, payload + _LAST_RECORD, None)


class Signature:
    """The server's key: browsers subscribe with the public half, and services know our messages by it."""

    def __init__(self, secret: str | None = None) -> None:
        """`secret` as it was kept; None: a new one."""
        if secret is None:
            self._key = ec.generate_private_key(_CURVE)
        else:
            self._key = ec.derive_private_key(int.from_bytes(decode(secret)), _CURVE)
        self.public = encode(_point(self._key.public_key()))

    @property
    def secret(self) -> str:
        """What is kept of it, and leaves the database never but into a backup."""
        return encode(self._key.private_numbers().private_value.to_bytes(32))

    def authorization(self, endpoint: str, contact: str, now: float) -> str:
        """The header for this service; `contact`: an address of who runs this server."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now) + TOKEN_SECONDS, "sub": contact}
        signed = ".".join(encode(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"vapid t={signed}.{encode(r.to_bytes(32) + s.to_bytes(32))}, k={self.public}"


def topic(*names: str) -> str:
    """32 characters (RFC 8030 §5.4) that say nothing of the names: a newer message takes the place of an older one."""
    return encode(hashlib.sha256("\n".join(names).encode()).digest())[:32]


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
