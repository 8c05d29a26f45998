"""Rows that a repair took out of a log."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_update_set_aside",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("generation", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String),
        sa.Column("device", sa.String),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("update", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("document_update_set_aside")
