"""SQLModel tables, queries, and the group-commit writer: returns rows, decides nothing."""
