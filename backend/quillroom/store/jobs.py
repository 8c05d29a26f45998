"""Running the jobs of a round, each with what follows from its events."""

from typing import Any

from sqlalchemy import Connection

from quillroom.store.events import Event, taken
from quillroom.store.locks import OutOfTurn
from quillroom.store.rounds import Job, Project
from quillroom.store.trouble import is_of_the_database

Result = tuple[Job, Any, Exception | None]


def run(connection: Connection, job: Job, project: Project) -> tuple[Result, list[Event]]:
    """What came of a job, and its events. With an error in it, what it wrote must be undone, and nothing else.

    Raises what is the round's to bear: then the round fails, and is tried again.
    """
    try:
        result = job.run(connection)
        events = _projected(connection, project)
    except Exception as error:
        if isinstance(error, OutOfTurn) or is_of_the_database(error):
            raise
        # The job's own fault goes to whoever asked for it, and must not hold up what others wrote.
        taken(connection)
        return (job, None, error), []
    return (job, result, None), events


def _projected(connection: Connection, project: Project) -> list[Event]:
    """The events of the job that just ran, and those that follow from them."""
    events: list[Event] = []
    while new := taken(connection):
        events += new
        project(connection, new)
    return events
