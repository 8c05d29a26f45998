"""SQLAlchemy tables of the SQLModel classes, and statements compiled once to a dialect's SQL text."""

from typing import cast

from sqlalchemy import Table
from sqlmodel import SQLModel


def table(model: type[SQLModel]) -> Table:
    """The table behind a `table=True` model."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]
