"""Mail by SMTP: letters wait in a bounded queue, and a thread of its own sends them. Nobody waits for it.

A letter that was taken is tried four times; it is lost when the server stops for good before that. What a letter says
can always be had without it (an address to copy, or asking again).
"""

import contextlib
import logging
import queue
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from quillroom.settings import Smtp

WAITING = 500
CONNECT_SECONDS = 10.0
RETRY_SECONDS = (2.0, 15.0, 120.0)
STOP_SECONDS = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """What one person gets; nothing in it is loaded from anywhere."""

    to: str
    subject: str
    text: str
    html: str


@dataclass(slots=True)
class _Waiting:
    letter: Letter
    due: float
    tries: int = 0


class Mail:
    """Sends letters, where a server for it is known."""

    def __init__(
        self,
        smtp: Smtp | None,
        retry_seconds: Sequence[float] = RETRY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._smtp = smtp
        self._retry_seconds = retry_seconds
        self.retries = 0
        self._clock = clock
        self._new: queue.Queue[_Waiting | None] = queue.Queue(WAITING)
        self._later: list[_Waiting] = []
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="quillroom-mail", daemon=True)

    @property
    def is_on(self) -> bool:
        """Whether there is a server to send by."""
        return self._smtp is not None

    def start(self) -> None:
        """Begin to send."""
        if self.is_on:
            self._thread.start()

    def stop(self) -> None:
        """Try each waiting letter once more, for a few seconds."""
        self._is_stopping = True
        if self._thread.is_alive():
            with contextlib.suppress(queue.Full):  # it is not waiting then, and sees that it is to stop
                self._new.put_nowait(None)
            self._thread.join(STOP_SECONDS)

    def post(self, letter: Letter) -> bool:
        """Take a letter; False when there is no server for it or too much waits. Never waits."""
        if not self.is_on or self._is_stopping:
            return False
        try:
            self._new.put_nowait(_Waiting(letter, self._clock()))
        except queue.Full:
            _log.warning("A mail was not taken: %d wait already", WAITING)
            return False
        return True

    def _run(self) -> None:
        while not self._is_stopping:
            self._take(self._seconds_to_next())
            for waiting in self._due():
                self._attempt(waiting)
        while self._take(0.0):
            pass
        for waiting in self._later:
            self._attempt(waiting, is_last=True)

    def _take(self, seconds: float | None) -> bool:
        with contextlib.suppress(queue.Empty):
            taken = self._new.get(seconds != 0.0, seconds)
            if taken is not None:
                self._later.append(taken)
            return True
        return False

    def _seconds_to_next(self) -> float | None:
        if not self._later:
            return None
        return max(0.0, min(each.due for each in self._later) - self._clock())

    def _due(self) -> list[_Waiting]:
        now = self._clock()
        due = [each for each in self._later if each.due <= now]
        self._later = [each for each in self._later if each.due > now]
        return due

    def _attempt(self, waiting: _Waiting, *, is_last: bool = False) -> None:
        assert self._smtp is not None
        try:
            deliver(self._smtp, waiting.letter)
            return
        except (OSError, smtplib.SMTPException) as problem:  # ssl.SSLError is an OSError
            waiting.tries += 1
            is_last = is_last or waiting.tries > len(self._retry_seconds) or _is_final(problem)
            # Neither the address nor the secret in the letter belongs into a log.
            _log.warning("A mail was not sent (%s)%s", _reason(problem), "" if is_last else ", it is tried again")
        except Exception:  # one letter that cannot be written must not stop the others
            _log.exception("A mail was given up")
            is_last = True
        if not is_last:
            self.retries += 1
            waiting.due = self._clock() + self._retry_seconds[waiting.tries - 1]
            if len(self._later) < WAITING:
                self._later.append(waiting)


def deliver(smtp: Smtp, letter: Letter) -> None:
    """Send it now. Raises OSError, SMTPException."""
    context = ssl.create_default_context()
    # Without a name of our own, smtplib asks the DNS for one, for as long as that takes.
    own_name = smtp.sender.rpartition("@")[2]
    with contextlib.ExitStack() as opened:
        connection: smtplib.SMTP = (
            smtplib.SMTP_SSL(smtp.host, smtp.port, own_name, timeout=CONNECT_SECONDS, context=context)
            if smtp.tls == "implicit"
            else smtplib.SMTP(smtp.host, smtp.port, own_name, timeout=CONNECT_SECONDS)
        )
        opened.enter_context(connection)
        if smtp.tls == "starttls":
            connection.starttls(context=context)
        if smtp.user is not None:
            connection.login(smtp.user, smtp.password or "")
        connection.send_message(written(smtp, letter))


def written(smtp: Smtp, letter: Letter) -> EmailMessage:
    """The letter as RFC 5322 has it: text, and the same in HTML."""
    message = EmailMessage(SMTP)
    message["From"] = Address(_line(smtp.sender_name), addr_spec=smtp.sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = _line(letter.subject)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=smtp.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine
    message.set_content(letter.text, cte="base64")
    message.add_alternative(letter.html, subtype="html", cte="base64")
    return message


def _line(text: str) -> str:
    """One line without anything invisible: what a header may hold that somebody else wrote."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _is_final(problem: Exception) -> bool:
    """Whether the server says that it will never take it."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in problem.recipients.values())
    return isinstance(problem, smtplib.SMTPNotSupportedError) or (
        isinstance(problem, smtplib.SMTPResponseException) and problem.smtp_code >= 500
    )


def _reason(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        return f"refused with {sorted({code for code, _ in problem.recipients.values()})}"
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{type(problem).__name__} {problem.smtp_code}"
    return type(problem).__name__
