"""`migrate --from … --to …`: a whole installation goes from SQLite to PostgreSQL, and back."""

import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, text

from quillroom.store import moving
from quillroom.store.database import open_database
from store.cluster import Cluster
from store.scribe import add_documents
from support.members import Account, client, signs_in, signs_up
from support.server import BACKEND, Server, run
from support.uploader import Uploader, becomes_true

PICTURE = b"not a picture, but kept: " + secrets.token_bytes(2000)


async def lives(server: Server) -> None:
    """Alice and Bob leave something of everything that is kept."""
    async with client(server) as web:
        alice = await signs_up(web, "Alice")
        await does(alice, "PATCH", "/api/settings", sign_up="open", workspace="Otters")
        bob = await signs_up(web, "Bob")
        page = await alice.makes_page("Plans", markdown="# Plans\n\nWrite 计划 and 🙂.")
        below = await alice.makes_page("Below", parent=page)
        await does(alice, "PUT", f"/api/documents/{page}/content", markdown="# Plans\n\nWrite 计划, 🙂 and more.")
        path = f"/api/documents/{page}/messages"
        upload = await Uploader(alice, page).uploads("notes.bin", PICTURE)
        said = await does(alice, "POST", path, text=f"look, @[Bob](person:{bob.id})", files=[upload["id"]])
        answer = await does(bob, "POST", path, text="recalled soon", reply_to=said["id"])
        await does(bob, "PUT", f"/api/messages/{said['id']}/reactions/👍")
        await does(bob, "DELETE", f"/api/messages/{answer['id']}")
        await does(alice, "PUT", f"/api/messages/{said['id']}/pin")
        await does(alice, "PUT", f"/api/documents/{below}/favourite")
        await does(bob, "PUT", f"/api/documents/{page}/watch", level="watch")
        await does(bob, "PATCH", "/api/me/privacy", receipts=False)
        await does(alice, "DELETE", f"/api/documents/{await alice.makes_page('Thrown away')}")


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """`start(data, …)`: a server that is stopped at the end, if it still runs."""
    with ExitStack() as stack:

        def starts(data: Path, *options: str) -> Server:
            server = Server(data, is_open=False, options=options).start()
            stack.callback(server.stop)
            return server

        yield starts


async def does(who: Account, method: str, path: str, **body: Any) -> Any:
    more = {"json": body} if body else {}
    answer = await who.request(method, path, **more)
    assert answer.status_code < 300, (path, answer.text)
    return answer.json() if answer.content else None


async def seen(server: Server) -> dict[str, Any]:
    """What Alice and Bob see, without what names the moment or the session."""
    async with client(server) as web:
        alice, bob = await signs_in(web, "Alice"), await signs_in(web, "Bob")
        tree = await alice.get("/api/tree")
        page = next(each["id"] for each in (await alice.get("/api/documents"))["documents"] if each["title"] == "Plans")
        chat = await alice.get(f"/api/documents/{page}/messages")
        (file,) = chat["messages"][0]["files"]
        answer = await alice.request("GET", f"/api/files/{file['id']}")
        assert (answer.status_code, answer.content) == (200, PICTURE)
        markdown: httpx.Response = await alice.request("GET", f"/api/documents/{page}?format=markdown")
        return {
            "page": page,
            "tree": tree,
            "chat": chat,
            "text": markdown.text,
            "inbox": await bob.get("/api/notifications"),
            "watch": await bob.get(f"/api/documents/{page}/watch"),
            "privacy": await bob.get("/api/me/privacy"),
            "settings": await alice.get("/api/settings"),
            "trash": await alice.get("/api/trash"),
            "favourites": await alice.get("/api/favourites"),
        }


async def finds(who: Account, word: str) -> bool:
    answer = await who.request("GET", f"/api/search/messages?q={word}")
    return answer.status_code == 200 and word in answer.text


def logs(url: str) -> dict[str, Any]:
    """By which browsers know where they stopped."""

    def read(connection: Connection) -> dict[str, Any]:
        ask = {
            "epoch": "SELECT value FROM setting WHERE name = 'epoch'",
            "heads": "SELECT id, generation, (SELECT max(seq) FROM document_update u WHERE u.document = d.id) "
            "FROM document d ORDER BY id",
            "events": "SELECT topic, max(seq), count(*) FROM event WHERE topic LIKE 'doc:%' GROUP BY topic "
            "ORDER BY topic",
        }
        return {name: [tuple(row) for row in connection.execute(text(query))] for name, query in ask.items()}

    database = open_database(url)
    try:
        return database.read(read)
    finally:
        database.close()


async def test_an_installation_moves_to_postgresql_and_back_and_nobody_notices(
    tmp_path: Path, cluster: Cluster, start: Callable[..., Server]
) -> None:
    data, sqlite, postgresql = tmp_path / "data", f"sqlite:///{tmp_path}/data/quillroom.db", cluster.create_database()
    server = start(data)
    await lives(server)
    before = await seen(server)
    refused = run("migrate", "--from", sqlite, "--to", postgresql, "--data", data)
    assert refused.returncode == 2
    assert "Stop the server first" in refused.stderr
    server.kill9()  # the rows of documents may be behind their logs
    known = logs(sqlite)

    moved = run("migrate", "--from", sqlite, "--to", postgresql, "--data", data)
    assert moved.returncode == 0, moved.stderr
    assert "document_update: " in moved.stdout
    assert "are moved, verified." in moved.stdout
    assert f"1 uploaded files stay where they are: give the new server the same --data or --files ({data}/files)" in (
        moved.stdout
    )
    assert logs(postgresql) == known
    again = run("migrate", "--from", sqlite, "--to", postgresql, "--data", data)
    assert (again.returncode, "is not empty" in again.stderr) == (2, True)
    (tmp_path / "data/quillroom.db").unlink()

    on_postgresql = start(data, "--database", postgresql)
    assert await seen(on_postgresql) == before
    async with client(on_postgresql) as web:
        alice = await signs_in(web, "Alice")
        newest = await does(alice, "POST", f"/api/documents/{before['page']}/messages", text="on the other side 计划")
        # The log of the chat goes on where it was.
        topic = f"doc:{before['page']}"
        assert newest["seq"] == 1 + next(head for name, head, _ in known["events"] if name == topic)
        # The index of messages is made anew, by the server.
        await becomes_true(lambda: finds(alice, "look"))
    on_postgresql.stop()

    back = f"sqlite:///{tmp_path}/back.db"
    assert run("migrate", "--from", postgresql, "--to", back, "--data", data).returncode == 0
    on_sqlite = start(data, "--database", back)
    after = await seen(on_sqlite)
    on_sqlite.stop()
    assert after["chat"]["messages"][-1]["text"] == "on the other side 计划"
    assert {**after, "chat": None, "inbox": None} == {**before, "chat": None, "inbox": None}


def test_a_move_that_was_killed_leaves_the_target_empty(tmp_path: Path, cluster: Cluster) -> None:
    source = open_database(f"sqlite:///{tmp_path}/quillroom.db")
    source.migrate()
    add_documents(source, "a", "b")
    source.close()
    url = cluster.create_database()
    script = (
        "import os, signal, sys\n"
        "from quillroom.store import moving\n"
        "follow = moving._follow\n"
        "def dies(target):\n"
        "    follow(target)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "moving._follow = dies\n"
        "from quillroom.__main__ import main\n"
        "main(sys.argv[1:])\n"
    )
    words = ["migrate", "--from", f"sqlite:///{tmp_path}/quillroom.db", "--to", url]
    command, environment = [sys.executable, "-c", script, *words], {"PYTHONPATH": str(BACKEND)}
    killed = subprocess.run(command, env=environment, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    database = open_database(url)
    assert not database.read(moving.holds_anything)
    database.close()
    assert run(*words).returncode == 0


def test_a_move_is_read_in_parts_and_numbers_go_on(
    tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More rows than a batch has, and rows that are larger than a batch may be."""
    monkeypatch.setattr(moving, "BATCH_ROWS", 7)
    monkeypatch.setattr(moving, "BATCH_BYTES", 1000)
    source, target = open_database(f"sqlite:///{tmp_path}/a.db"), open_database(cluster.create_database())
    for each in (source, target):
        each.migrate()
    with source.engine.begin() as connection:
        for number in range(50):
            values = {"name": f"s{number:02}", "value": '"' + "x" * (3000 if number % 10 == 0 else 1) + '"'}
            connection.execute(text("INSERT INTO setting (name, value) VALUES (:name, :value)"), values)
    said: list[tuple[str, int, int]] = []
    with source.engine.connect() as reading, target.engine.begin() as writing:
        counts = moving.copy(reading, writing, lambda *progress: said.append(progress))
    assert counts["setting"] == 50
    assert len([each for each in said if each[0] == "setting"]) > 7
    names = "SELECT name, value FROM setting WHERE name LIKE 's__' ORDER BY name"
    rows = [each.read(lambda c: [tuple(row) for row in c.execute(text(names))]) for each in (source, target)]
    assert rows[0] == rows[1]
    source.close()
    target.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "sqlite:///a.db"), "say both"),
        (("--from", "sqlite:////nowhere/a.db", "--to", "sqlite:////nowhere/b.db"), "There is no database at"),
        (("--from", "sqlite:////nowhere/a.db", "--to", "sqlite:////nowhere/a.db"), "the same database"),
        (("--from", "what?", "--to", "sqlite:////nowhere/a.db"), "was expected"),
    ],
)
def test_a_move_that_was_asked_wrongly_is_answered_with_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    result = run("migrate", *arguments)
    assert (result.returncode, said in result.stderr) == (2, True), result.stderr
