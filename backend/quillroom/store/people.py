"""Rows of people and their sessions."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, delete, func, insert, or_, select, update

from quillroom.store.locks import take_turns
from quillroom.store.statements import table
from quillroom.store.tables import AvatarRow, PersonRow, RecoveryCodeRow, SessionRow

_PERSON = table(PersonRow)
_SESSION = table(SessionRow)
_CODE = table(RecoveryCodeRow)
_AVATAR = table(AvatarRow)
# Made once: every request and handshake asks this.
_BY_TOKEN = (
    select(_PERSON, *(column.label(f"session_{column.name}") for column in _SESSION.c))
    .join(_SESSION, _SESSION.c.person == _PERSON.c.id)
    .where(
        _SESSION.c.token_hash == bindparam("token_hash"),
        _SESSION.c.expires_at > bindparam("now"),
        func.coalesce(_SESSION.c.seen_at, _SESSION.c.created_at) > bindparam("seen_after"),
        _PERSON.c.suspended_at.is_(None),
    )
)
# In order: what follows for each of them locks something, and two servers must do so in the same order.
_BY_IDS = select(_PERSON).where(_PERSON.c.id.in_(bindparam("ids", expanding=True))).order_by(_PERSON.c.id)
AT_ONCE = 500  # ids in a statement
_ANY_MEMBER = select(_PERSON.c.id).where(_PERSON.c.kind == "member").limit(1)


def add_person(connection: Connection, *, id: str, name: str, kind: str, now: float) -> None:
    """Add someone."""
    connection.execute(insert(_PERSON).values(id=id, name=name, kind=kind, created_at=now))


def get_person(connection: Connection, id: str, *, is_held: bool = False) -> PersonRow | None:
    """The row, or None. Held: until this transaction ends, nobody changes it, also not by another server."""
    query = select(_PERSON).where(_PERSON.c.id == id)
    row = connection.execute(query.with_for_update() if is_held else query).mappings().first()
    return None if row is None else PersonRow(**row)


def by_ids(connection: Connection, ids: Iterable[str]) -> list[PersonRow]:
    """Those of these people who exist."""
    found = connection.execute(_BY_IDS, {"ids": list(ids)}).mappings()
    return [PersonRow(**row) for row in found]


def many(connection: Connection, ids: Iterable[str]) -> dict[str, PersonRow]:
    """Those that there are, by id."""
    every = sorted(set(ids))
    found: dict[str, PersonRow] = {}
    for at in range(0, len(every), AT_ONCE):
        found |= {row.id: row for row in by_ids(connection, every[at : at + AT_ONCE])}
    return found


def add_session(
    connection: Connection,
    *,
    token_hash: bytes,
    id: str,
    person: str,
    now: float,
    expires_at: float,
    agent: str | None = None,
) -> None:
    """Remember a session by the hash of its token."""
    connection.execute(
        insert(_SESSION).values(
            token_hash=token_hash,
            id=id,
            person=person,
            created_at=now,
            expires_at=expires_at,
            seen_at=now,
            agent=agent,
        )
    )


def find_session(
    connection: Connection, token_hash: bytes, now: float, seen_after: float
) -> tuple[PersonRow, SessionRow] | None:
    """Whose session it is, unless it has ended, was not seen for long, or its person is suspended."""
    values = {"token_hash": token_hash, "now": now, "seen_after": seen_after}
    row = connection.execute(_BY_TOKEN, values).mappings().first()
    if row is None:
        return None
    session = {name.removeprefix("session_"): value for name, value in row.items() if name.startswith("session_")}
    person = {name: value for name, value in row.items() if not name.startswith("session_")}
    return PersonRow(**person), SessionRow(**session)


def is_claimed(connection: Connection) -> bool:
    """Whether anybody has an account."""
    return connection.execute(_ANY_MEMBER).first() is not None


def touch_session(connection: Connection, token_hash: bytes, now: float) -> None:
    """It was seen."""
    connection.execute(update(_SESSION).where(_SESSION.c.token_hash == token_hash).values(seen_at=now))


def sessions_of(connection: Connection, person: str, now: float, seen_after: float) -> list[SessionRow]:
    """A person's sessions that have not ended, the one seen last first."""
    seen = func.coalesce(_SESSION.c.seen_at, _SESSION.c.created_at)
    query = (
        select(_SESSION)
        .where(_SESSION.c.person == person, _SESSION.c.expires_at > now, seen > seen_after)
        .order_by(seen.desc())
    )
    return [SessionRow(**row) for row in connection.execute(query).mappings()]


def end_sessions(
    connection: Connection,
    *,
    person: str | None = None,
    id: str | None = None,
    token_hash: bytes | None = None,
    except_id: str | None = None,
) -> list[SessionRow]:
    """Forget the sessions that all of this fits; answers them. At least one of the first three must be given."""
    conditions = [
        column == value
        for column, value in ((_SESSION.c.person, person), (_SESSION.c.id, id), (_SESSION.c.token_hash, token_hash))
        if value is not None
    ]
    assert conditions
    if except_id is not None:
        conditions.append(or_(_SESSION.c.id.is_(None), _SESSION.c.id != except_id))
    # In one statement: what another server begins meanwhile is not ended without being told of.
    ended = connection.execute(delete(_SESSION).where(*conditions).returning(_SESSION))
    return [SessionRow(**row) for row in ended.mappings()]


def find_by_email(connection: Connection, email: str) -> PersonRow | None:
    """Whose address it is; it is kept in lower case."""
    row = connection.execute(select(_PERSON).where(_PERSON.c.email == email)).mappings().first()
    return None if row is None else PersonRow(**row)


def add_member(connection: Connection, person: PersonRow) -> None:
    """Somebody with an account; a guest of that id becomes one."""
    values = person.model_dump()
    if get_person(connection, person.id) is None:
        connection.execute(insert(_PERSON).values(**values))
    else:
        del values["id"], values["created_at"]
        change_person(connection, person.id, **values)


def change_person(connection: Connection, id: str, **values: object) -> None:
    """Other values in some columns."""
    connection.execute(update(_PERSON).where(_PERSON.c.id == id).values(**values))


def people_of(connection: Connection, ids: Collection[str]) -> list[PersonRow]:
    """Of these people those who exist."""
    found = connection.execute(select(_PERSON).where(_PERSON.c.id.in_(ids)))
    return [PersonRow(**row) for row in found.mappings()]


def members(connection: Connection) -> list[PersonRow]:
    """Everybody with an account, suspended or not, by name."""
    query = select(_PERSON).where(_PERSON.c.kind == "member").order_by(func.lower(_PERSON.c.name), _PERSON.c.id)
    return [PersonRow(**row) for row in connection.execute(query).mappings()]


def operators(connection: Connection) -> list[str]:
    """Who may administer and is not suspended."""
    query = select(_PERSON.c.id).where(_PERSON.c.is_operator, _PERSON.c.suspended_at.is_(None))
    return list(connection.execute(query).scalars())


def last_seen(connection: Connection) -> dict[str, float]:
    """When each person with a session was last seen."""
    seen = func.max(func.coalesce(_SESSION.c.seen_at, _SESSION.c.created_at))
    found = connection.execute(select(_SESSION.c.person, seen.label("at")).group_by(_SESSION.c.person))
    return {row.person: row.at for row in found}


def keep_recovery_codes(connection: Connection, person: str, hashes: Collection[bytes]) -> None:
    """These and no others."""
    connection.execute(delete(_CODE).where(_CODE.c.person == person))
    if hashes:
        connection.execute(insert(_CODE), [{"person": person, "code_hash": each} for each in hashes])


def use_recovery_code(connection: Connection, person: str, code_hash: bytes) -> bool:
    """Whether it was one that had not been used; it is now."""
    used = delete(_CODE).where(_CODE.c.person == person, _CODE.c.code_hash == code_hash)
    return connection.execute(used).rowcount == 1


def keep_avatar(connection: Connection, person: str, image: bytes | None) -> None:
    """This picture, or none."""
    take_turns(connection, f"avatar {person}")
    connection.execute(delete(_AVATAR).where(_AVATAR.c.person == person))
    if image is not None:
        connection.execute(insert(_AVATAR).values(person=person, image=image))


def avatar(connection: Connection, person: str) -> bytes | None:
    """The picture, as WebP."""
    return connection.execute(select(_AVATAR.c.image).where(_AVATAR.c.person == person)).scalar()
