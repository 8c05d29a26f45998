"""Accounts, the tree of pages, roles on them, events, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

PERSON = (
    sa.Column("email", sa.String),
    sa.Column("password_hash", sa.String),
    sa.Column("is_operator", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("suspended_at", sa.Float(53)),
    sa.Column("colour", sa.String),
    sa.Column("avatar", sa.String),
    sa.Column("language", sa.String),
    sa.Column("time_zone", sa.String),
    sa.Column("totp_secret", sa.String),
    sa.Column("totp_on_at", sa.Float(53)),
    sa.Column("totp_last_step", sa.BigInteger),
)
SESSION = (
    sa.Column("id", sa.String),
    sa.Column("seen_at", sa.Float(53)),
    sa.Column("agent", sa.String),
)
DOCUMENT = (
    sa.Column("parent", sa.String),
    # Sorted byte by byte, whatever language the database sorts in.
    sa.Column(
        "position",
        sa.String().with_variant(sa.String(collation="C"), "postgresql"),
        nullable=False,
        server_default="",
    ),
    sa.Column("access", sa.String),
    sa.Column("access_role", sa.String),
    sa.Column("link_role", sa.String),
    sa.Column("link_expires_at", sa.Float(53)),
    sa.Column("link_password_hash", sa.String),
    sa.Column("trashed_at", sa.Float(53)),
    sa.Column("trashed_by", sa.String),
    sa.Column("purged_at", sa.Float(53)),
    sa.Column("is_template", sa.Boolean, nullable=False, server_default=sa.false()),
)
TABLES = ("avatar", "recovery_code", "api_token", "ticket", "identity", "setting", "share_link", "link_visit",
          "document_grant", "access_request", "favourite", "visit", "event", "audit")  # fmt: skip


def upgrade() -> None:
    for name, columns in (("person", PERSON), ("session", SESSION), ("document", DOCUMENT)):
        for column in columns:
            op.add_column(name, column)
    op.create_index("person_by_email", "person", ["email"], unique=True)
    op.create_index("session_by_id", "session", ["id"], unique=True)
    op.create_index("document_by_parent", "document", ["parent"])
    _people()
    _access()
    _logs()
    _what_was_there()


def _people() -> None:
    op.create_table(
        "avatar",
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("image", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "recovery_code",
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("code_hash", sa.LargeBinary, primary_key=True),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("token_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("scopes", sa.String, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53)),
        sa.Column("used_at", sa.Float(53)),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("person", sa.String, sa.ForeignKey("person.id")),
        sa.Column("email", sa.String),
        sa.Column("document", sa.String),
        sa.Column("role", sa.String),
        sa.Column("data", sa.String),
        sa.Column("created_by", sa.String),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("expires_at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "identity",
        sa.Column("issuer", sa.String, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), nullable=False, index=True),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )


def _access() -> None:
    op.create_table(
        "share_link",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), nullable=False, index=True),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_by", sa.String),
        sa.Column("created_at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "link_visit",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("link", sa.String, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_index("link_visit_by_person", "link_visit", ["person"])
    op.create_table(
        "document_grant",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("granted_by", sa.String),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    op.create_index("document_grant_by_person", "document_grant", ["person"])
    op.create_table(
        "access_request",
        sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
        sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("at", sa.Float(53), nullable=False),
    )
    for name in ("favourite", "visit"):
        op.create_table(
            name,
            sa.Column("person", sa.String, sa.ForeignKey("person.id"), primary_key=True),
            sa.Column("document", sa.String, sa.ForeignKey("document.id"), primary_key=True),
            sa.Column("at", sa.Float(53), nullable=False),
        )
        op.create_index(f"{name}_by_document", name, ["document"])


def _logs() -> None:
    op.create_table(
        "event",
        sa.Column("topic", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("actor", sa.String),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("data", sa.String, nullable=False),
        sa.Column("client_ref", sa.String),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("actor", sa.String),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("object", sa.String),
        sa.Column("data", sa.String, nullable=False),
        sa.Column("hash", sa.String, nullable=False),
    )


def _what_was_there() -> None:
    """Documents of a version without a tree: all at the top, oldest first, for everyone, managed by their makers."""
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE document SET access = 'workspace', access_role = 'edit'"))
    ids = connection.execute(sa.text("SELECT id FROM document ORDER BY created_at, id")).scalars().all()
    if ids:
        connection.execute(
            sa.text("UPDATE document SET position = :position WHERE id = :id"),
            # Eight digits and no final zero: a valid key between which others fit (core/position.py).
            [{"id": id, "position": f"{n:08d}5"} for n, id in enumerate(ids, 1)],
        )
    connection.execute(
        sa.text(
            "INSERT INTO document_grant (document, person, role, at) "
            "SELECT d.id, d.created_by, 'manage', d.created_at FROM document d JOIN person p ON p.id = d.created_by"
        )
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
    op.drop_index("document_by_parent", "document")
    op.drop_index("session_by_id", "session")
    op.drop_index("person_by_email", "person")
    for name, columns in (("document", DOCUMENT), ("session", SESSION), ("person", PERSON)):
        for column in reversed(columns):
            op.drop_column(name, column.name)
