"""When somebody was last here, on both databases."""

from quillroom.store import people
from quillroom.store.database import Database
from quillroom.store.seen import last_seen, seen


def test_the_latest_time_is_kept_of_everybody_who_exists(database: Database) -> None:
    with database.engine.begin() as connection:
        for name in ("ann", "bob", "cem"):
            people.add_person(connection, id=name, name=name, kind="member", now=0.0)
        seen(connection, {})
        seen(connection, {"ann": 10.0, "bob": 20.0, "nobody": 5.0})
        seen(connection, {"ann": 30.0, "bob": 15.0, "cem": 1.0})
    everybody = ["ann", "bob", "cem", "nobody"]
    assert database.read(lambda c: last_seen(c, everybody)) == {"ann": 30.0, "bob": 20.0, "cem": 1.0}
    assert database.read(lambda c: last_seen(c, ["bob"])) == {"bob": 20.0}
