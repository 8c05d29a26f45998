"""The few things that can go wrong for a person; `api/errors.py` turns each into a status and a sentence."""

from collections.abc import Mapping


class NotFound(Exception):
    """It does not exist, or this person may not know that it does."""


class NotAllowed(Exception):
    """The person is known and may not do this."""


class NotSignedIn(Exception):
    """A session is needed."""


class Invalid(Exception):
    """What came is not what was expected; the message says both."""


class Unfit(Invalid):
    """A file that is not taken for what it is; `code` names why for programs, `most` how much would be allowed."""

    def __init__(self, message: str, code: str = "invalid", most: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.most = most


class TooLarge(Exception):
    """More bytes than are allowed; the message says how many are, `most` to programs."""

    def __init__(self, message: str, code: str = "too_large", most: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.most = most


class TryLater(Exception):
    """Not possible now (the disk is full, the server is stopping); nothing was kept."""


class Conflict(Exception):
    """It contradicts what is there; `code` names it for programs, `details` is what is there."""

    def __init__(self, code: str, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


class WrongCredentials(Exception):
    """Who asks did not prove who they are; `code` says what is missing, never what was right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Throttled(Exception):
    """Tried too often; it may be tried again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Too many tries. Wait {max(1, round(seconds))} seconds.")
        self.seconds = seconds


class SignInFailed(Exception):
    """Why an OpenID Connect provider signed nobody in: `code` is what the page explains."""

    def __init__(self, code: str, why: str = "") -> None:
        super().__init__(why or code)
        self.code = code
