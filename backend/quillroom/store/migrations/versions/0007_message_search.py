"""What is said in the chats, folded, and an index of its pieces: FTS5 on SQLite, GIN on PostgreSQL."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by INTEGER only
    op.create_table(
        "message_search",
        sa.Column("id", number, sa.Identity(), primary_key=True),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("document", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
    )
    # Where nothing was said yet, the index is complete.
    op.execute(
        "INSERT INTO setting (name, value) SELECT 'message_search_version', '1' "
        "WHERE NOT EXISTS (SELECT 1 FROM message)"
    )
    op.create_index("message_search_by_message", "message_search", ["message"], unique=True)
    op.create_index("message_search_by_document", "message_search", ["document", "id"])
    if op.get_bind().dialect.name == "sqlite":
        # No text and no places are kept in the index: of what was recalled nothing could be put together from it.
        op.execute(
            "CREATE VIRTUAL TABLE message_gram USING "
            "fts5(grams, content='', columnsize=0, detail='none', tokenize='ascii')"
        )
        return
    op.execute(
        "CREATE TABLE message_gram "
        "(id bigint PRIMARY KEY REFERENCES message_search (id) ON DELETE CASCADE, grams integer[] NOT NULL)"
    )
    op.execute("CREATE INDEX message_gram_by_gram ON message_gram USING gin (grams)")


def downgrade() -> None:
    op.drop_table("message_gram")
    op.drop_table("message_search")
    op.execute("DELETE FROM setting WHERE name = 'message_search_version'")
