"""Alembic's entry: runs on the connection that `Database.migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

from quillroom.store import tables

assert tables  # imported so that the metadata knows them

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
