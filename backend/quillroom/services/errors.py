"""The few things that can go wrong for a person; `api/errors.py` turns each into a status and a sentence."""


class NotFound(Exception):
    """It does not exist, or this person may not know that it does."""


class NotAllowed(Exception):
    """The person is known and may not do this."""


class NotSignedIn(Exception):
    """A session is needed."""


class Invalid(Exception):
    """What came is not what was expected; the message says both."""


class TooLarge(Exception):
    """More bytes than are allowed; the message says how many are."""


class TryLater(Exception):
    """Not possible now (the disk is full, the server is stopping); nothing was kept."""
