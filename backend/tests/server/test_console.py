"""`python -m quillroom user …`, before and beside a running server."""

from pathlib import Path

import httpx
import pytest

from quillroom.__main__ import main
from support.members import PASSWORD, client, signs_up
from support.server import Server


def says(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    code = main([str(each) for each in arguments])
    told = capsys.readouterr()
    return code, told.out + told.err


async def signs_in(web: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    answer = await web.post("/api/session", json={"email": email, "password": password})
    web.cookies.clear()
    return answer


async def test_the_first_account_is_made_before_the_server_ever_ran(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = says(capsys, "user", "add", "Ann@example.org", "--name", "Ann", "--data", tmp_path)
    assert code == 0
    password = told.strip().rpartition("Password: ")[2]
    server = Server(tmp_path, is_open=False).start()
    async with client(server) as web:
        answer = await signs_in(web, "ann@example.org", password)
        assert answer.status_code == 201
        assert answer.json()["is_operator"]
    server.stop()


async def test_an_account_is_made_beside_a_running_server(
    closed_server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with client(closed_server) as web:
        await signs_up(web, "Ann")
        monkeypatch.setattr("sys.stdin.readline", lambda: "four red badgers\n", raising=False)
        at = closed_server.place
        bob = ("user", "add", "bob@example.org", "--name", "Bob", "--operator", "--password-stdin", *at)
        assert says(capsys, *bob) == (0, "bob@example.org has an account.\n")
        assert (await signs_in(web, "bob@example.org", "four red badgers")).json()["is_operator"]
        code, told = says(capsys, *bob)
        assert code == 2
        assert "already" in told
        assert says(capsys, "user", "add", "nonsense", "--name", "X", *at)[0] == 2
        assert says(capsys, "user", "add", "eve@example.org", *at)[0] == 2


async def test_who_is_locked_out_sets_another_password(
    closed_server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    async with client(closed_server) as web:
        await signs_up(web, "Ann")
        at = closed_server.place
        code, told = says(capsys, "user", "reset-password", "ann@example.org", *at)
        assert code == 0
        secret = told.split("#")[1].split()[0]
        body = {"secret": secret, "password": "four red badgers"}
        assert (await web.post("/api/password-reset/complete", json=body)).status_code == 204
        assert (await signs_in(web, "ann@example.org", PASSWORD)).status_code == 401
        assert (await signs_in(web, "ann@example.org", "four red badgers")).status_code == 201
        assert says(capsys, "user", "reset-password", "nobody@example.org", *at)[0] == 2
