"""pycrdt raises PanicException, which is no Exception: turn it into one that can be handled."""

from collections.abc import Iterator
from contextlib import contextmanager

from quillroom.content.errors import ContentError


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever the native code raises becomes a ContentError."""
    try:
        yield
    except (ContentError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise ContentError(f"the document could not be read: {type(error).__name__}: {error}") from error
