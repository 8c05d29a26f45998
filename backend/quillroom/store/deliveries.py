"""Rows of what is to leave the house for somebody, and of where their browsers can be reached."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, insert, select, update

from quillroom.store import clock
from quillroom.store.locks import take_turns
from quillroom.store.statements import table
from quillroom.store.tables import DeliveryRow, PushSubscriptionRow, SessionRow

_DELIVERY = table(DeliveryRow)
_SUBSCRIPTION = table(PushSubscriptionRow)
_SESSION = table(SessionRow)
_QUEUE = insert(_DELIVERY)
_PEOPLE: BindParameter[str] = bindparam("people", expanding=True)
_REACHED = select(_SUBSCRIPTION.c.person).where(_SUBSCRIPTION.c.person.in_(_PEOPLE)).distinct()


def queue(connection: Connection, row: DeliveryRow) -> None:
    """It is to be done."""
    connection.execute(_QUEUE, row.model_dump())


def claim(connection: Connection, channels: Collection[str], seconds: float, limit: int) -> list[DeliveryRow]:
    """The first that are due; nobody else gets them for so long, then they are due again unless they are done.

    By the database's clock: a server whose own clock is ahead must not take what another one is at.
    """
    now = clock.now(connection)
    query = (
        select(_DELIVERY)
        .where(_DELIVERY.c.channel.in_(list(channels)), _DELIVERY.c.due_at <= now)
        .order_by(_DELIVERY.c.due_at, _DELIVERY.c.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)  # left out where there is one writer anyway
    )
    found = [DeliveryRow(**row) for row in connection.execute(query).mappings()]
    _put_off(connection, [row.id for row in found], now + seconds)
    return found


def claim_of_person(connection: Connection, channel: str, person: str, until: float) -> list[DeliveryRow]:
    """All that waits for a person by this channel, due or not."""
    query = select(_DELIVERY).where(_DELIVERY.c.channel == channel, _DELIVERY.c.person == person)
    found = [DeliveryRow(**row) for row in connection.execute(query.order_by(_DELIVERY.c.created_at)).mappings()]
    _put_off(connection, [row.id for row in found], until)
    return found


def seconds_to_next(connection: Connection, channels: Collection[str]) -> float | None:
    """How soon there is something to do; None when nothing is queued."""
    query = select(func.min(_DELIVERY.c.due_at)).where(_DELIVERY.c.channel.in_(list(channels)))
    due: float | None = connection.execute(query).scalar()
    return None if due is None else due - clock.now(connection)


def put_off(connection: Connection, ids: Collection[str], until: float) -> None:
    """Later; this was no try."""
    _put_off(connection, ids, until)


def release(connection: Connection, until: float) -> None:
    """What would be due by then is due now."""
    connection.execute(update(_DELIVERY).where(_DELIVERY.c.due_at <= until).values(due_at=0.0))


def try_again(connection: Connection, id: str, at: float) -> None:
    """It failed, and is tried again then."""
    values = {"due_at": at, "attempts": _DELIVERY.c.attempts + 1}
    connection.execute(update(_DELIVERY).where(_DELIVERY.c.id == id).values(values))


def go_on(connection: Connection, id: str, data: str, at: float) -> None:
    """A part is done; the rest follows then."""
    connection.execute(update(_DELIVERY).where(_DELIVERY.c.id == id).values(data=data, due_at=at))


def done(connection: Connection, ids: Collection[str]) -> None:
    """Nothing more is to be done."""
    connection.execute(delete(_DELIVERY).where(_DELIVERY.c.id.in_(list(ids))))


def remove_old(connection: Connection, before: float) -> None:
    """What was queued before this will not be done any more."""
    connection.execute(delete(_DELIVERY).where(_DELIVERY.c.created_at < before))


def remains(connection: Connection, id: str) -> bool:
    """Whether it is still to be done: it may have been withdrawn since it was claimed."""
    return connection.execute(select(_DELIVERY.c.id).where(_DELIVERY.c.id == id)).first() is not None


def withdraw(connection: Connection, notifications: Collection[str]) -> None:
    """What was to say this is not said any more; what takes it away again stays."""
    connection.execute(
        delete(_DELIVERY).where(_DELIVERY.c.notification.in_(list(notifications)), _DELIVERY.c.channel != "close")
    )


def _put_off(connection: Connection, ids: Collection[str], until: float) -> None:
    if ids:
        connection.execute(update(_DELIVERY).where(_DELIVERY.c.id.in_(list(ids))).values(due_at=until))


# -- subscriptions


def subscribe(connection: Connection, row: PushSubscriptionRow, at_most: int) -> None:
    """A browser can be reached there, for this person and nobody else from now on; the oldest make room."""
    take_turns(connection, f"push {row.endpoint}")
    connection.execute(delete(_SUBSCRIPTION).where(_SUBSCRIPTION.c.endpoint == row.endpoint))
    connection.execute(insert(_SUBSCRIPTION).values(**row.model_dump()))
    newest = select(_SUBSCRIPTION.c.id).where(_SUBSCRIPTION.c.person == row.person)
    ids = list(connection.execute(newest.order_by(_SUBSCRIPTION.c.created_at.desc())).scalars())
    unsubscribe(connection, ids[at_most:])


def unsubscribe(connection: Connection, ids: Collection[str], person: str | None = None) -> int:
    """They are not reached any more; how many there were (of this person, if one is named)."""
    gone = delete(_SUBSCRIPTION).where(_SUBSCRIPTION.c.id.in_(list(ids)))
    if person is not None:
        gone = gone.where(_SUBSCRIPTION.c.person == person)
    return connection.execute(gone).rowcount


def end_subscriptions(connection: Connection, person: str) -> None:
    """Those of sessions that have ended."""
    alive = select(_SESSION.c.id).where(_SESSION.c.person == person, _SESSION.c.id.is_not(None))
    connection.execute(
        delete(_SUBSCRIPTION).where(
            _SUBSCRIPTION.c.person == person, _SUBSCRIPTION.c.session.not_in(alive.scalar_subquery())
        )
    )


def subscriptions(connection: Connection, person: str, now: float, seen_after: float) -> list[PushSubscriptionRow]:
    """Where a person can be reached: in sessions that have not ended."""
    seen: Any = func.coalesce(_SESSION.c.seen_at, _SESSION.c.created_at)
    query = (
        select(_SUBSCRIPTION)
        .join(_SESSION, _SESSION.c.id == _SUBSCRIPTION.c.session)
        .where(
            _SUBSCRIPTION.c.person == person,
            _SESSION.c.person == person,
            _SESSION.c.expires_at > now,
            seen > seen_after,
        )
        .order_by(_SUBSCRIPTION.c.created_at)
    )
    return [PushSubscriptionRow(**row) for row in connection.execute(query).mappings()]


def reached(connection: Connection, people: Collection[str]) -> set[str]:
    """Who of these has a browser that can be reached."""
    return set(connection.execute(_REACHED, {"people": list(people)}).scalars())


def subscription(connection: Connection, id: str) -> PushSubscriptionRow | None:
    """One of them."""
    row = connection.execute(select(_SUBSCRIPTION).where(_SUBSCRIPTION.c.id == id)).mappings().first()
    return None if row is None else PushSubscriptionRow(**row)
