"""The tables. Times are Unix seconds, UTC; updates and states are Yjs v1 bytes."""

from sqlalchemy import BigInteger, Column, Float, Index, LargeBinary
from sqlmodel import Field, SQLModel


class PersonRow(SQLModel, table=True):
    """Someone who may sign in; a guest is only a name."""

    __tablename__ = "person"
    id: str = Field(primary_key=True)
    name: str
    kind: str
    created_at: float = Field(sa_column=Column(Float(53), nullable=False))


class SessionRow(SQLModel, table=True):
    """A signed-in browser or script. The token itself is never stored."""

    __tablename__ = "session"
    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    person: str = Field(foreign_key="person.id", index=True)
    created_at: float = Field(sa_column=Column(Float(53), nullable=False))
    expires_at: float = Field(sa_column=Column(Float(53), nullable=False))


class DocumentRow(SQLModel, table=True):
    """A document; `head` is the seq of its last update, `generation` changes when a history is replaced."""

    __tablename__ = "document"
    __table_args__ = (Index("document_by_age", "updated_at"),)
    id: str = Field(primary_key=True)
    title: str
    created_at: float = Field(sa_column=Column(Float(53), nullable=False))
    created_by: str | None = None
    updated_at: float = Field(sa_column=Column(Float(53), nullable=False))
    head: int = Field(sa_column=Column(BigInteger, nullable=False))
    generation: str


class UpdateRow(SQLModel, table=True):
    """The log: one row covers `first_seq`…`seq` of a document, by one author."""

    __tablename__ = "document_update"
    document: str = Field(primary_key=True, foreign_key="document.id")
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    first_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    author: str | None = None
    device: str | None = None
    at: float = Field(sa_column=Column(Float(53), nullable=False))
    update: bytes = Field(sa_column=Column("update", LargeBinary, nullable=False))


class SetAsideRow(SQLModel, table=True):
    """A row that a repair took out of the log; `generation` is the document's from before."""

    __tablename__ = "document_update_set_aside"
    document: str = Field(primary_key=True, foreign_key="document.id")
    generation: str = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    first_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    author: str | None = None
    device: str | None = None
    at: float = Field(sa_column=Column(Float(53), nullable=False))
    update: bytes = Field(sa_column=Column("update", LargeBinary, nullable=False))


class ClientRow(SQLModel, table=True):
    """Who first wrote under a Yjs client id in a document: authorship of every character."""

    __tablename__ = "document_client"
    document: str = Field(primary_key=True, foreign_key="document.id")
    client_id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    person: str | None = None
    device: str | None = None


class CheckpointRow(SQLModel, table=True):
    """A document's state at `seq`: for speed only, the log is the truth."""

    __tablename__ = "checkpoint"
    document: str = Field(primary_key=True, foreign_key="document.id")
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    state: bytes
    vector: bytes
    deletes: bytes
    types: bytes
    hash: str
    at: float = Field(sa_column=Column(Float(53), nullable=False))


class WriterRoundRow(SQLModel, table=True):
    """The last round that a writer committed: tells after a lost connection whether its COMMIT happened."""

    __tablename__ = "writer_round"
    writer: str = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, nullable=False))
    at: float = Field(sa_column=Column(Float(53), nullable=False))
