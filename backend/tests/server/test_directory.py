"""Members and operators: inviting, suspending, forgetting a password, settings, the audit log."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from quillroom.protocol.closes import Close
from support.mailbox import Mailbox
from support.members import PASSWORD, Account, client, is_guest, signs_in, signs_up
from support.person import Person
from support.server import Server, run
from support.servers import a_server

PUBLIC = "https://docs.example.org"


@pytest.fixture
async def web(closed_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with client(closed_server) as opened:
        yield opened


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    opened = Mailbox().opens()
    yield opened
    opened.closes()


@pytest.fixture
async def posted(tmp_path: Path, mailbox: Mailbox) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a server that can send mail."""
    smtp = f"smtp://127.0.0.1:{mailbox.port}?from=quill@example.org&tls=none"
    server = a_server(tmp_path, is_open=False, options=("--smtp", smtp, "--url", PUBLIC)).start()
    async with client(server) as opened:
        yield opened
    server.goes()


async def joins(web: httpx.AsyncClient, operator: Account, name: str) -> Account:
    """By an invitation of the operator."""
    made = await operator.request("POST", "/api/invitations", json={})
    return await signs_up(web, name, invitation=made.json()["url"].rpartition("#")[2])


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def letter_of(mailbox: Mailbox, count: int = 1) -> tuple[str, str]:
    """(to whom, what) the newest of so many."""
    letter = mailbox.waits_for(count)[-1]
    body = letter.get_body(("plain",))
    assert body is not None
    return str(letter["To"]), body.get_content()


# -- invitations


async def test_whoever_holds_an_invitation_sees_who_invites_joins_once_and_finds_the_page(
    web: httpx.AsyncClient,
) -> None:
    ann = await signs_up(web, "Ann")
    page = await ann.makes_page("Plan")
    await ann.request("PUT", f"/api/documents/{page}/access", json={"general": "private"})
    body = {"email": "Bob@example.org", "document": page, "role": "comment"}
    made = (await ann.request("POST", "/api/invitations", json=body)).json()
    assert made["is_sent"] is False
    assert made["invitation"]["email"] == "bob@example.org"
    secret = made["url"].removeprefix(f"{web.base_url}/join#")
    seen = await web.post("/api/invitations/look", json={"secret": secret})
    assert seen.json() == {"email": "bob@example.org", "workspace": "Quillroom", "invited_by": "Ann"}
    bob = await signs_up(web, "Bob", invitation=secret)
    assert (await bob.get(f"/api/documents/{page}/access"))["role"] == "comment"
    again = {"email": "eve@example.org", "password": PASSWORD, "name": "Eve", "invitation": secret}
    assert code_of(await web.post("/api/accounts", json=again)) == (403, "not_allowed")
    assert (await ann.get("/api/invitations"))["invitations"] == []
    taken = await ann.request("POST", "/api/invitations", json={"email": "bob@example.org"})
    assert code_of(taken) == (409, "taken")


async def test_inviting_again_makes_the_old_address_void(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    urls = [
        (await ann.request("POST", "/api/invitations", json={"email": "bob@example.org"})).json()["url"]
        for _ in range(2)
    ]
    looks = [await web.post("/api/invitations/look", json={"secret": url.rpartition("#")[2]}) for url in urls]
    assert [look.status_code for look in looks] == [404, 200]
    assert len((await ann.get("/api/invitations"))["invitations"]) == 1


async def test_members_invite_as_far_as_they_may_and_see_and_revoke_only_their_own(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    bob = await joins(web, ann, "Bob")
    hidden = await ann.makes_page("Hidden")
    await ann.request("PUT", f"/api/documents/{hidden}/access", json={"general": "private"})
    of_ann = (await ann.request("POST", "/api/invitations", json={})).json()["invitation"]["id"]
    of_bob = (await bob.request("POST", "/api/invitations", json={})).json()["invitation"]["id"]
    assert [each["id"] for each in (await bob.get("/api/invitations"))["invitations"]] == [of_bob]
    assert {each["id"] for each in (await ann.get("/api/invitations"))["invitations"]} == {of_ann, of_bob}
    assert code_of(await bob.request("DELETE", f"/api/invitations/{of_ann}")) == (404, "not_found")
    foreign = await bob.request("POST", "/api/invitations", json={"document": hidden, "role": "view"})
    assert code_of(foreign) == (404, "not_found")
    guest = await is_guest(web, "Gus")
    assert code_of(await guest.request("POST", "/api/invitations", json={})) == (403, "not_allowed")
    await ann.request("PATCH", "/api/settings", json={"members_invite": False})
    assert code_of(await bob.request("POST", "/api/invitations", json={})) == (403, "not_allowed")
    assert (await ann.request("POST", "/api/invitations", json={})).status_code == 201
    await ann.request("PATCH", "/api/settings", json={"sign_up": "closed"})
    assert code_of(await ann.request("POST", "/api/invitations", json={})) == (409, "sign_up_closed")


async def test_a_closed_workspace_takes_no_invitation_that_was_made_before(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    url = (await ann.request("POST", "/api/invitations", json={})).json()["url"]
    await ann.request("PATCH", "/api/settings", json={"sign_up": "closed"})
    body = {"email": "bob@example.org", "password": PASSWORD, "name": "Bob", "invitation": url.rpartition("#")[2]}
    assert code_of(await web.post("/api/accounts", json=body)) == (403, "not_allowed")
    await ann.request("PATCH", "/api/settings", json={"sign_up": "invitation"})
    assert (await web.post("/api/accounts", json=body)).status_code == 201


async def test_nobody_has_more_than_a_hundred_open_invitations(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    made = await asyncio.gather(*(ann.request("POST", "/api/invitations", json={}) for _ in range(100)))
    assert {answer.status_code for answer in made} == {201}
    assert code_of(await ann.request("POST", "/api/invitations", json={})) == (409, "too_many")
    assert (await ann.request("DELETE", f"/api/invitations/{made[0].json()['invitation']['id']}")).status_code == 204
    assert (await ann.request("POST", "/api/invitations", json={})).status_code == 201


async def test_what_guests_made_before_the_first_account_lets_nobody_in(web: httpx.AsyncClient) -> None:
    guest = await is_guest(web, "Gus")
    url = (await guest.request("POST", "/api/invitations", json={})).json()["url"]
    await signs_up(web, "Ann")
    assert code_of(await web.post("/api/invitations/look", json={"secret": url.rpartition("#")[2]}))[0] == 404


async def test_an_invitation_is_mailed_with_the_public_address(posted: httpx.AsyncClient, mailbox: Mailbox) -> None:
    ann = await signs_up(posted, "Ann", language="zh")
    assert (await posted.get("/api/setup")).json()["email"] is True
    made = (await ann.request("POST", "/api/invitations", json={"email": "bob@example.net"})).json()
    assert made["is_sent"] is True
    assert made["url"].startswith(f"{PUBLIC}/join#")
    to, text = letter_of(mailbox)
    assert to == "bob@example.net"
    assert made["url"] in text
    assert "邀请" in text
    page = await ann.makes_page()
    shared = {"who": ["carol@example.net"], "role": "edit"}
    answer = (await ann.request("POST", f"/api/documents/{page}/people", json=shared)).json()
    assert answer["invitations"][0]["is_sent"] is True
    assert letter_of(mailbox, 2)[0] == "carol@example.net"


# -- a forgotten password


async def test_a_forgotten_password_is_replaced_by_mail_and_every_session_ends(
    posted: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    ann = await signs_up(posted, "Ann")
    forged = {"Host": "6.6.6.6:8000", "Origin": "http://6.6.6.6:8000", "X-Forwarded-Host": "evil.example"}
    asked = await posted.post("/api/password-reset", json={"email": " ANN@example.org"}, headers=forged)
    assert (asked.status_code, asked.json()) == (202, {"is_asked": True})
    to, text = letter_of(mailbox)
    assert to == "ann@example.org"
    assert "6.6.6.6" not in text
    assert "evil" not in text
    secret = text.partition(f"{PUBLIC}/reset#")[2].split()[0]
    weak = await posted.post("/api/password-reset/complete", json={"secret": secret, "password": "password1"})
    assert code_of(weak) == (400, "invalid")
    new = {"secret": secret, "password": "four blue herons"}
    assert (await posted.post("/api/password-reset/complete", json=new)).status_code == 204
    assert (await ann.request("GET", "/api/session")).status_code == 401
    await signs_in(posted, "Ann", "four blue herons")
    assert code_of(await posted.post("/api/password-reset/complete", json=new)) == (400, "invalid")


async def test_asking_for_a_password_tells_nothing_and_floods_nobody(
    posted: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await signs_up(posted, "Ann")
    answers = [
        await posted.post("/api/password-reset", json={"email": email})
        for email in ["nobody@example.org", *["ann@example.org"] * 5, None]
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, '{"is_asked":true}')}
    mailbox.waits_for(3)
    bob = await posted.post("/api/password-reset", json={"email": "ann@example.org"})
    assert bob.status_code == 202
    assert {str(letter["To"]) for letter in mailbox.letters} == {"ann@example.org"}
    for _ in range(40):
        last = await posted.post("/api/password-reset", json={"email": "x@example.org"})
    assert code_of(last) == (429, "throttled")
    assert len(mailbox.letters) == 3


async def test_an_operator_hands_over_an_address_for_a_new_password(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    bob = await joins(web, ann, "Bob")
    assert code_of(await bob.request("POST", f"/api/people/{ann.id}/reset")) == (403, "not_allowed")
    first, second = [
        (await ann.request("POST", f"/api/people/{bob.id}/reset")).json()["url"].rpartition("#")[2] for _ in range(2)
    ]
    void = await web.post("/api/password-reset/complete", json={"secret": first, "password": "four blue herons"})
    assert code_of(void) == (400, "invalid")
    page = await bob.makes_page()
    socket = await Person(str(web.base_url).replace("http", "ws") + "/sync", page, headers=bob.headers).joins()
    done = await web.post("/api/password-reset/complete", json={"secret": second, "password": "four blue herons"})
    assert done.status_code == 204
    await socket.waits(lambda: socket.close_code == Close.SIGNED_OUT)
    await signs_in(web, "Bob", "four blue herons")


# -- people


async def test_members_see_members_operators_see_more_and_guests_see_nobody(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    bob = await joins(web, ann, "Bob")
    carol = await joins(web, ann, "Carol")
    await ann.request("PATCH", f"/api/people/{carol.id}", json={"is_suspended": True})
    seen_by_ann, seen_by_bob = [(await who.get("/api/people"))["people"] for who in (ann, bob)]
    assert [person["name"] for person in seen_by_ann] == ["Ann", "Bob", "Carol"]
    assert [person["is_suspended"] for person in seen_by_ann] == [False, False, True]
    assert seen_by_ann[1]["email"] == "bob@example.org"
    assert seen_by_ann[1]["seen_at"] is not None
    assert [person["name"] for person in seen_by_bob] == ["Ann", "Bob"]
    assert {(person["email"], person["seen_at"], person["is_suspended"]) for person in seen_by_bob} == {
        (None, None, None)
    }
    guest = await is_guest(web)
    assert code_of(await guest.request("GET", "/api/people")) == (403, "not_allowed")


async def test_suspending_ends_sessions_tokens_sockets_and_invitations_at_once(
    web: httpx.AsyncClient, closed_server: Server
) -> None:
    ann = await signs_up(web, "Ann")
    bob = await joins(web, ann, "Bob")
    page = await bob.makes_page()
    made = await bob.request("POST", "/api/me/tokens", json={"name": "script", "scopes": ["read", "write"]})
    token = {"Authorization": f"Bearer {made.json()['secret']}"}
    invitation = (await bob.request("POST", "/api/invitations", json={})).json()["url"].rpartition("#")[2]
    by_session = await Person(closed_server.sync, page, headers=bob.headers).joins()
    by_token = await Person(closed_server.sync, page, headers=token).joins()
    answer = await ann.request("PATCH", f"/api/people/{bob.id}", json={"is_suspended": True})
    assert answer.json()["is_suspended"] is True
    for socket in (by_session, by_token):
        async with asyncio.timeout(2):
            await socket.waits(lambda socket=socket: socket.close_code == Close.SIGNED_OUT)  # type: ignore[misc]
    assert (await bob.request("GET", "/api/session")).status_code == 401
    assert (await web.get("/api/documents", headers=token)).status_code == 401
    assert (await web.post("/api/invitations/look", json={"secret": invitation})).status_code == 404
    refused = await web.post("/api/session", json={"email": "bob@example.org", "password": PASSWORD})
    assert code_of(refused) == (401, "wrong_credentials")
    assert code_of(await ann.request("POST", f"/api/people/{bob.id}/reset")) == (409, "suspended")
    await ann.request("PATCH", f"/api/people/{bob.id}", json={"is_suspended": False})
    back = await signs_in(web, "Bob")
    socket = await Person(closed_server.sync, page, headers=back.headers).joins()
    await socket.types("back")
    await socket.is_saved()
    await socket.leaves()
    assert (await web.get("/api/documents", headers=token)).status_code == 401


async def test_somebody_always_administers(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    bob = await joins(web, ann, "Bob")
    for change in ({"is_operator": False}, {"is_suspended": True}):
        assert code_of(await ann.request("PATCH", f"/api/people/{ann.id}", json=change)) == (409, "last_operator")
    await ann.request("PATCH", f"/api/people/{bob.id}", json={"is_operator": True})
    each_other = await asyncio.gather(
        ann.request("PATCH", f"/api/people/{bob.id}", json={"is_operator": False}),
        bob.request("PATCH", f"/api/people/{ann.id}", json={"is_operator": False}),
    )
    assert sorted(answer.status_code for answer in each_other)[0] == 200
    assert sorted(answer.status_code for answer in each_other)[1] in (403, 409)
    operators = [
        person for who in (ann, bob) for person in (await who.get("/api/people"))["people"] if person["is_operator"]
    ]
    assert len({person["id"] for person in operators}) == 1


async def test_what_is_no_change_of_a_person_is_refused(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    wrong: list[dict[str, object]] = [{}, {"is_operator": 1}, {"is_suspended": "yes"}, {"name": "Eve"}]
    for body in wrong:
        assert code_of(await ann.request("PATCH", f"/api/people/{ann.id}", json=body)) == (400, "invalid")


async def test_pages_of_somebody_who_left_are_handed_on(web: httpx.AsyncClient, closed_server: Server) -> None:
    ann = await signs_up(web, "Ann")
    bob, carol = await joins(web, ann, "Bob"), await joins(web, ann, "Carol")
    page = await bob.makes_page("Of Bob")
    await bob.request("PUT", f"/api/documents/{page}/access", json={"general": "private"})
    watching = await Person(closed_server.sync, page, headers=bob.headers).joins()
    assert code_of(await carol.request("GET", f"/api/documents/{page}")) == (404, "not_found")
    moved = await ann.request("POST", f"/api/people/{bob.id}/transfer", json={"to": carol.id})
    assert moved.json() == {"pages": 1}
    assert (await carol.get(f"/api/documents/{page}/access"))["role"] == "manage"
    await watching.waits(lambda: watching.close_code == Close.ACCESS_ENDED)
    assert code_of(await bob.request("GET", f"/api/documents/{page}")) == (404, "not_found")
    assert code_of(await ann.request("GET", f"/api/documents/{page}")) == (404, "not_found")
    for wrong in ({"to": bob.id}, {"to": None}, {}):
        refused = await ann.request("POST", f"/api/people/{bob.id}/transfer", json=wrong)
        assert code_of(refused) == (400, "invalid")
    nobody = await ann.request("POST", f"/api/people/{bob.id}/transfer", json={"to": "nobody"})
    assert code_of(nobody) == (404, "not_found")


# -- settings and audit


async def test_settings_hold_from_when_they_are_made(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    wanted = {
        "workspace": "文房", "sign_up": "open", "members_invite": False, "trash_days": 7, "recall_seconds": None,
        "default_access": {"general": "private", "role": "view"}, "allowed_domains": ["Example.org", "@example.com"],
    }  # fmt: skip
    changed = (await ann.request("PATCH", "/api/settings", json=wanted)).json()
    assert changed == {**wanted, "allowed_domains": ["example.org", "example.com"]}
    assert await ann.get("/api/settings") == changed
    setup = (await web.get("/api/setup")).json()
    assert (setup["workspace"], setup["sign_up"]) == ("文房", "open")
    bob = await signs_up(web, "Bob")
    assert code_of(await bob.request("GET", "/api/settings")) == (403, "not_allowed")
    page = await ann.makes_page()
    assert (await ann.get(f"/api/documents/{page}/access"))["general"] == "private"


NO_SETTINGS: list[dict[str, object]] = [
    {"workspace": ""}, {"workspace": "x" * 65}, {"sign_up": "maybe"}, {"members_invite": 1}, {"trash_days": 0},
    {"trash_days": True}, {"trash_days": 1e3}, {"default_access": {"general": "anyone", "role": "edit"}},
    {"default_access": {"general": "workspace", "role": "manage"}}, {"default_access": {"general": []}},
    {"allowed_domains": ["example"]}, {"allowed_domains": "example.org"}, {"allowed_domains": ["a b.org"]},
    {"allowed_domains": ["example.org"] * 51}, {"smtp": "smtp://evil"},
    {"default_access": {"general": ["private"], "role": "edit"}}, {"sign_up": ["open"]},
]  # fmt: skip


async def test_what_is_no_setting_is_refused(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    before = await ann.get("/api/settings")
    for wrong in NO_SETTINGS:
        assert code_of(await ann.request("PATCH", "/api/settings", json=wrong)) == (400, "invalid"), wrong
    assert await ann.get("/api/settings") == before


async def test_operators_read_and_export_the_audit_log_and_its_export_is_audited(web: httpx.AsyncClient) -> None:
    ann = await signs_up(web, "Ann")
    await ann.request("PATCH", "/api/settings", json={"workspace": "A\r\nB\x1b[2J"})
    page = await ann.get("/api/audit?limit=1")
    [newest] = page["entries"]
    assert (newest["action"], newest["actor"]) == ("settings.changed", {"id": ann.id, "name": "Ann"})
    assert page["is_intact"] is True
    older = (await ann.get(f"/api/audit?before={newest['seq']}"))["entries"]
    assert [entry["seq"] for entry in older] == list(range(newest["seq"] - 1, 0, -1))
    exported = await ann.request("GET", "/api/audit/export")
    assert exported.headers["content-disposition"].startswith("attachment")
    lines = [json.loads(line) for line in exported.text.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, newest["seq"] + 2))
    assert lines[-1]["action"] == "audit.exported"
    assert "\x1b" not in exported.text
    assert PASSWORD not in exported.text


def test_a_changed_entry_of_the_audit_log_is_found(closed_server: Server) -> None:
    async def two_look(expected: bool) -> None:
        async with client(closed_server) as web:
            who = await (signs_up(web, "Ann") if expected else signs_in(web, "Ann"))
            assert (await who.get("/api/audit"))["is_intact"] is expected

    asyncio.run(two_look(True))
    closed_server.stop()
    assert run("verify", *closed_server.place).returncode == 0
    closed_server.sql("UPDATE audit SET action = 'nothing' WHERE seq = 1")
    found = run("verify", *closed_server.place)
    assert found.returncode == 1
    assert "audit log: entry 1" in found.stdout
    closed_server.start()
    asyncio.run(two_look(False))
