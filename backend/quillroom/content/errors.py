"""What can go wrong with content."""


class ContentError(ValueError):
    """This content cannot be read or written; the message says why."""
