"""Rows of what operators decided; values are JSON."""

import json

from sqlalchemy import Connection, delete, insert, select

from quillroom.store.statements import table
from quillroom.store.tables import SettingRow

_SETTING = table(SettingRow)


def read_all(connection: Connection) -> dict[str, object]:
    """Every setting that was ever made."""
    return {row.name: json.loads(row.value) for row in connection.execute(select(_SETTING))}


def write(connection: Connection, name: str, value: object) -> None:
    """Make a setting, in the place of the one before."""
    connection.execute(delete(_SETTING).where(_SETTING.c.name == name))
    connection.execute(insert(_SETTING).values(name=name, value=json.dumps(value, ensure_ascii=False)))
