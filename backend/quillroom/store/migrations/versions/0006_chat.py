"""The chat of a document: messages, files, cursors; inboxes, and what leaves the house.

Checkpoints tell which ids are values of a key. They are for speed only, so the old ones are dropped, not converted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLES = (
    "message",
    "message_revision",
    "reaction",
    "mention",
    "file",
    "doomed_bytes",
    "chat_cursor",
    "chat_read",
    "preference",
    "page_watch",
    "notification",
    "push_subscription",
    "delivery",
    "seen",
)


def upgrade() -> None:
    _messages()
    _files()
    _cursors()
    _notifications()
    op.drop_table("checkpoint")
    _checkpoints(sa.Column("key_values", sa.LargeBinary, nullable=False))


def downgrade() -> None:
    op.drop_table("checkpoint")
    _checkpoints()
    for name in reversed(TABLES):
        op.drop_table(name)


def _checkpoints(*more: sa.Column[bytes]) -> None:
    op.create_table(
        "checkpoint",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.Column("deletes", sa.LargeBinary, nullable=False),
        sa.Column("types", sa.LargeBinary, nullable=False),
        *more,
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("client_id", sa.String, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("text", sa.String),
        sa.Column("quote", sa.String),
        sa.Column("reply_to", sa.String),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("edited_at", sa.Float(53)),
        sa.Column("recalled_at", sa.Float(53)),
        sa.Column("recalled_by", sa.String),
        sa.Column("pinned_at", sa.Float(53)),
        sa.Column("pinned_by", sa.String),
    )
    op.create_index("message_by_client_id", "message", ["author", "client_id"], unique=True)
    op.create_index("message_by_parent", "message", ["reply_to"])
    op.create_index("message_by_pin", "message", ["document", "pinned_at"])
    op.create_index("message_by_place", "message", ["document", "seq"], unique=True)
    op.create_table(
        "message_revision",
        sa.Column("message", sa.String, sa.ForeignKey("message.id"), primary_key=True),
        sa.Column("revision", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "reaction",
        sa.Column("message", sa.String, sa.ForeignKey("message.id"), primary_key=True),
        sa.Column("emoji", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "mention",
        sa.Column("message", sa.String, sa.ForeignKey("message.id"), primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("document", sa.String, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
    )
    op.create_index("mention_by_document", "mention", ["document"])
    op.create_index("mention_by_person", "mention", ["person", "document", "seq"])


def _files() -> None:
    op.create_table(
        "file",
        "doomed_bytes",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("message", sa.String, sa.ForeignKey("message.id")),
        sa.Column("uploader", sa.String, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("hash", sa.String),
        sa.Column("thumbnail", sa.String),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("duration", sa.Float(53)),
        sa.Column("waveform", sa.String),
        sa.Column("alt", sa.String),
        sa.Column("created_at", sa.Float(53), nullable=False),
    )
    op.create_index("file_by_age", "file", ["message", "created_at"])
    op.create_index("file_by_hash", "file", ["hash"])
    op.create_index("file_by_message", "file", ["message"])
    op.create_index("file_by_thumbnail", "file", ["thumbnail"])
    op.create_index("ix_file_document", "file", ["document"])
    op.create_table("doomed_bytes", sa.Column("hash", sa.String, primary_key=True))


def _cursors() -> None:
    op.create_table(
        "chat_cursor",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "chat_read",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("furthest", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_index("chat_read_by_person", "chat_read", ["person"])


def _notifications() -> None:
    op.create_table(
        "preference",
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    op.create_table(
        "page_watch",
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("level", sa.String, nullable=False),
    )
    op.create_index("page_watch_by_document", "page_watch", ["document"])
    op.create_table(
        "notification",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("is_shown", sa.Boolean, nullable=False),
        sa.Column("document", sa.String),
        sa.Column("message", sa.String),
        sa.Column("actor", sa.String),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("read_at", sa.Float(53)),
        sa.Column("pushed_at", sa.Float(53)),
        sa.Column("data", sa.String, nullable=False),
    )
    op.create_index("notification_by_cause", "notification", ["person", "cause"], unique=True)
    op.create_index("notification_by_document", "notification", ["document"])
    op.create_index("notification_by_message", "notification", ["message"])
    op.create_index("notification_by_person", "notification", ["person", "at"])
    op.create_index("notification_unread", "notification", ["person", "read_at"])
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("session", sa.String),
        sa.Column("endpoint", sa.String, nullable=False, unique=True),
        sa.Column("p256dh", sa.String, nullable=False),
        sa.Column("auth", sa.String, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("failed_at", sa.Float(53)),
    )
    op.create_index("ix_push_subscription_person", "push_subscription", ["person"])
    op.create_index("ix_push_subscription_session", "push_subscription", ["session"])
    op.create_table(
        "delivery",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("notification", sa.String, nullable=False),
        sa.Column("subscription", sa.String),
        sa.Column("due_at", sa.Float(53), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("data", sa.String, nullable=False),
    )
    op.create_index("delivery_by_notification", "delivery", ["notification"])
    op.create_index("delivery_by_time", "delivery", ["due_at"])
    op.create_table(
        "seen",
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("at", sa.Float(53), nullable=False),
    )
