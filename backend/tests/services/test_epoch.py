"""The epoch stays as long as the logs do, and is another one where they begin again from a backup."""

from pathlib import Path

from quillroom.services.backup import back_up, restore
from quillroom.services.epoch import ensure_epoch
from quillroom.store.blobs import Disk
from quillroom.store.database import Database, open_database


def test_it_is_the_same_at_every_start(database: Database) -> None:
    first = ensure_epoch(database)
    assert len(first) >= 12
    assert ensure_epoch(database) == first


def test_it_is_another_one_after_a_restore(tmp_path: Path) -> None:
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "backup"
    here.mkdir()
    first = epoch_of(here)
    back_up(f"sqlite:///{here / 'quillroom.db'}", file, Disk(here / "files"))
    restore(file, there, f"sqlite:///{there / 'quillroom.db'}", Disk(there / "files"))
    assert epoch_of(there) != first
    assert epoch_of(here) == first


def epoch_of(folder: Path) -> str:
    database = open_database(f"sqlite:///{folder / 'quillroom.db'}")
    database.migrate()
    found = ensure_epoch(database)
    database.close()
    return found
