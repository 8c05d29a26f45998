"""What several servers on one database agree about: who is here, who does which job, how often something was tried.

And how much one person has uploaded is summed up without looking at every file.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = ("instance", "lease", "attempt", "upload_piece")


def upgrade() -> None:
    time = sa.Float(53)
    op.create_table(
        "instance",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("started_at", time, nullable=False),
        sa.Column("seen_at", time, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("why", sa.String),
        sa.Column("sync_connections", sa.Integer, nullable=False),
        sa.Column("live_connections", sa.Integer, nullable=False),
        sa.Column("rooms", sa.Integer, nullable=False),
        sa.Column("topics", sa.Integer, nullable=False),
        sa.Column("loop_lag_ms", time, nullable=False),
        sa.Column("rss_mb", time, nullable=False),
        sa.Column("behind", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("holder", sa.String, nullable=False),
        sa.Column("until", time, nullable=False),
    )
    op.create_table(
        "attempt",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("full_at", time, nullable=False),
    )
    op.create_index("ix_attempt_full_at", "attempt", ["full_at"])
    op.create_table(
        "upload_piece",
        sa.Column("file", sa.String, sa.ForeignKey("file.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("offset", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_index("file_by_uploader", "file", ["uploader"])
    op.add_column("document", sa.Column("title_seq", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("document", "title_seq")
    op.drop_index("file_by_uploader", "file")
    for table in reversed(TABLES):
        op.drop_table(table)
