"""The second factor of an account: asked for at sign-in, turned on and off, and what to do without the device."""

import time

from quillroom.core.member import Person
from quillroom.services import totp
from quillroom.services.errors import Conflict, NotAllowed, WrongCredentials
from quillroom.services.people import committed
from quillroom.services.workspace_settings import read_settings
from quillroom.store import audit
from quillroom.store import people as rows
from quillroom.store.database import Connection
from quillroom.store.tables import PersonRow
from quillroom.store.writer import Writer


def demand(connection: Connection, person: PersonRow, code: object) -> None:
    """Use up the code inside a writer's job, where one is asked for. Raises WrongCredentials."""
    if person.totp_on_at is None:
        return
    if not isinstance(code, str) or not code.strip():
        raise WrongCredentials("code_needed", "A code of your authenticator is needed.")
    assert person.totp_secret is not None
    step = totp.step_of(person.totp_secret, code, person.totp_last_step)
    if step is not None:
        rows.change_person(connection, person.id, totp_last_step=step)
    elif rows.use_recovery_code(connection, person.id, totp.hash_recovery_code(code[:64])):
        audit.append(connection, actor=person.id, action="totp.recovery_code_used")
    else:
        raise WrongCredentials("wrong_code", "The code is wrong, or was used already.")


class SecondFactor:
    """Turning it on and off; the caller has proved the password first."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def prepare(self, person: Person) -> tuple[str, str]:
        """(secret, `otpauth:` address) to show; nothing is asked for until a code of it is confirmed."""
        secret = totp.new_secret()

        def write(connection: Connection) -> str:
            row = _row(connection, person)
            if row.totp_on_at is not None:
                raise Conflict("totp_on", "The second factor is on already.")
            rows.change_person(connection, row.id, totp_secret=secret)
            return totp.address(secret, row.email or row.name, read_settings(connection).workspace)

        return secret, await committed(self._writer.execute(write))

    async def confirm(self, person: Person, code: object) -> list[str]:
        """From now on it is asked for; answers the recovery codes, which are not shown again."""
        codes = totp.new_recovery_codes()

        def write(connection: Connection) -> None:
            row = _row(connection, person)
            if row.totp_on_at is not None or row.totp_secret is None:
                raise Conflict("totp_not_prepared", "Begin again: the second factor is on, or was not prepared.")
            step = totp.step_of(row.totp_secret, code if isinstance(code, str) else "", None)
            if step is None:
                raise WrongCredentials("wrong_code", "The code is wrong. Is the clock of your device right?")
            rows.change_person(connection, row.id, totp_on_at=time.time(), totp_last_step=step)
            _keep(connection, row.id, codes)
            audit.append(connection, actor=row.id, action="totp.on")

        await committed(self._writer.execute(write))
        return codes

    async def turn_off(self, person: Person, code: object) -> None:
        """It is not asked for any more."""

        def write(connection: Connection) -> None:
            row = _row(connection, person)
            demand(connection, row, code)
            rows.change_person(connection, row.id, totp_on_at=None, totp_secret=None, totp_last_step=None)
            _keep(connection, row.id, [])
            audit.append(connection, actor=row.id, action="totp.off")

        await committed(self._writer.execute(write))

    async def renew_codes(self, person: Person, code: object) -> list[str]:
        """Other recovery codes; the old ones are good for nothing."""
        codes = totp.new_recovery_codes()

        def write(connection: Connection) -> None:
            row = _row(connection, person)
            if row.totp_on_at is None:
                raise Conflict("totp_off", "The second factor is not on.")
            demand(connection, row, code)
            _keep(connection, row.id, codes)
            audit.append(connection, actor=row.id, action="totp.codes_renewed")

        await committed(self._writer.execute(write))
        return codes


def _row(connection: Connection, person: Person) -> PersonRow:
    row = rows.get_person(connection, person.id or "", is_held=True)  # a code counts once, whichever server it reaches
    if row is None or row.kind != "member":
        raise NotAllowed("Only an account has a second factor.")
    return row


def _keep(connection: Connection, person: str, codes: list[str]) -> None:
    rows.keep_recovery_codes(connection, person, [totp.hash_recovery_code(code) for code in codes])
