"""A real SMTP server for tests: it keeps what it is given, and can be in a bad mood."""

import datetime
import ipaddress
import ssl
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "quill@room", "pass/word: 1"


class Mailbox:
    """`letters` as they arrived; `answers` are given, one each, to the next letters in place of "250 OK"."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, is_implicit: bool = False, asks: bool = False) -> None:
        self.letters: list[EmailMessage] = []
        self.answers: list[str] = []
        self.tries = 0
        self._came = threading.Condition()
        self._controller = _Controller(
            self,
            hostname="127.0.0.1",
            port=0,
            ssl_context=tls if is_implicit else None,
            tls_context=None if is_implicit else tls,
            require_starttls=tls is not None and not is_implicit,
            auth_required=asks,
            auth_require_tls=tls is not None and not is_implicit,
            authenticator=_knows,
        )

    @property
    def port(self) -> int:
        found: int = self._controller.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        return found

    def opens(self) -> "Mailbox":
        self._controller.start()
        return self

    def closes(self) -> None:
        self._controller.stop()

    def waits_for(self, count: int, seconds: float = 10.0) -> list[EmailMessage]:
        """Until so many letters are here."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.letters) >= count, seconds), f"{len(self.letters)} came"
        return self.letters

    def waits_for_tries(self, count: int, seconds: float = 10.0) -> None:
        with self._came:
            assert self._came.wait_for(lambda: self.tries >= count, seconds), f"{self.tries} tries"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # aiosmtpd's name
        with self._came:
            self.tries += 1
            answer = self.answers.pop(0) if self.answers else "250 OK"
            if answer.startswith("250"):
                assert isinstance(envelope.content, bytes)
                self.letters.append(message_from_bytes(envelope.content, policy=default))
            self._came.notify_all()
        return answer


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """aiosmtpd looks whether it runs by connecting to the port it was told, which is 0 here."""
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    is_known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=is_known)


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 with its key, signed by itself, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file
