"""Checkpoints tell which ids are types. They are for speed only, so the old ones are dropped, not converted."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("checkpoint")
    _create(sa.Column("types", sa.LargeBinary, nullable=False))


def downgrade() -> None:
    op.drop_table("checkpoint")
    _create()


def _create(*more: sa.Column[bytes]) -> None:
    op.create_table(
        "checkpoint",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("deletes", sa.LargeBinary, nullable=False),
        *more,
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
