"""What several servers need; and how much one person has uploaded is summed up without looking at every file."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("file_by_uploader", "file", ["uploader"])


def downgrade() -> None:
    op.drop_index("file_by_uploader", "file")
