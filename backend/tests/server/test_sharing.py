"""Who may come to a page: people, links, requests, leaving. Each refusal beside its success."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from support.members import PASSWORD, Account, client, is_guest
from support.server import Server
from support.servers import a_server

NAMES = ("Ann", "Bob", "Carol", "Dan")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, Any]]]:
    """A server with four members, Ann the first."""
    server = a_server(tmp_path_factory.mktemp("house"), is_open=False).start()
    people = {}
    for name in NAMES:
        body = {"email": f"{name.lower()}@example.org", "password": PASSWORD, "name": name, "token": True}
        people[name] = httpx.post(f"{server.url}/api/accounts", json=body, timeout=30).json()
        if name == NAMES[0]:
            server.sql("INSERT INTO setting (name, value) VALUES ('sign_up', '\"open\"')")
    yield server, people
    server.goes()


class Team:
    """Ann, Bob, Carol and Dan, and what they do with pages."""

    def __init__(self, server: Server, web: httpx.AsyncClient, people: dict[str, Any]) -> None:
        self.server, self.web = server, web
        self.ann, self.bob, self.carol, self.dan = (Account(web, people[n]["token"], people[n]) for n in NAMES)

    async def page(self, **more: Any) -> str:
        """One of Ann's, private."""
        id = await self.ann.makes_page(**more)
        await self.general(id, general="private")
        return id

    async def general(self, page: str, by: Account | None = None, **wanted: Any) -> Any:
        answer = await (by or self.ann).request("PUT", f"/api/documents/{page}/access", json=wanted)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def gives(self, page: str, who: Account, role: str, by: Account | None = None) -> httpx.Response:
        body = {"who": [who.id], "role": role}
        return await (by or self.ann).request("POST", f"/api/documents/{page}/people", json=body)

    async def removes(self, page: str, who: Account, by: Account | None = None) -> httpx.Response:
        return await (by or self.ann).request("DELETE", f"/api/documents/{page}/people/{who.id}")

    async def link(self, page: str, **wanted: Any) -> str:
        """A link's secret."""
        await self.general(page, **{"general": "anyone", "role": "view", **wanted})
        return await self.secret(page)

    async def secret(self, page: str) -> str:
        answer = await self.ann.request("POST", f"/api/documents/{page}/links")
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"].partition("#")[2])

    async def opens(self, secret: str, **more: Any) -> httpx.Response:
        answer = await self.web.post("/api/links/open", json={"secret": secret, "token": True, **more})
        self.web.cookies.clear()
        return answer

    async def visitor(self, secret: str, **more: Any) -> Account:
        answer = await self.opens(secret, **more)
        assert answer.status_code == 200, answer.text
        return Account(self.web, answer.json()["token"], answer.json()["session"])


@pytest.fixture
async def team(house: tuple[Server, dict[str, Any]]) -> AsyncIterator[Team]:
    async with client(house[0]) as web:
        yield Team(house[0], web, house[1])


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def role_of(who: Account, page: str) -> str | None:
    answer = await who.request("GET", f"/api/documents/{page}/access")
    assert answer.status_code in (200, 404)
    return answer.json()["role"] if answer.status_code == 200 else None


# -- roles and the tree


async def test_a_role_above_holds_below_and_can_only_be_raised_there(team: Team) -> None:
    top = await team.page()
    below = await team.ann.makes_page(parent=top)
    assert await role_of(team.bob, below) is None
    await team.gives(top, team.bob, "comment")
    assert await role_of(team.bob, below) == "comment"
    await team.gives(below, team.bob, "view")
    assert await role_of(team.bob, below) == "comment"
    await team.gives(below, team.bob, "edit")
    assert (await role_of(team.bob, below), await role_of(team.bob, top)) == ("edit", "comment")
    seen = (await team.ann.get(f"/api/documents/{below}/access"))["people"]
    assert {each["user"]["name"]: each["inherited_from"] for each in seen} == {"Ann": None, "Bob": None}
    await team.removes(below, team.bob)
    assert await role_of(team.bob, below) == "comment"
    assert code_of(await team.removes(below, team.bob)) == (409, "inherited")


async def test_a_private_page_below_a_shared_one_is_private_for_the_workspace_and_for_links(team: Team) -> None:
    top = await team.page()
    secret = await team.link(top, role="edit")
    hidden, plain = await team.ann.makes_page(parent=top), await team.ann.makes_page(parent=top)
    gus = await team.visitor(secret)
    for who in (gus, team.bob):
        assert await role_of(who, hidden) == "edit"
    shown = await team.general(hidden, general="private")
    assert (shown["general"], shown["link"]) == ("private", None)
    for who in (gus, team.bob):
        assert (await role_of(who, hidden), await role_of(who, plain)) == (None, "edit")
        assert hidden not in [page["id"] for page in (await who.get("/api/tree"))["pages"]]
    shown = await team.general(hidden, general="inherit")
    assert shown["inherited_from"]["id"] == top
    assert await role_of(gus, hidden) == "edit"


async def test_the_workspace_and_links_may_give_no_management(team: Team) -> None:
    page = await team.page()
    for general in ("workspace", "anyone"):
        answer = await team.ann.request(
            "PUT", f"/api/documents/{page}/access", json={"general": general, "role": "manage"}
        )
        assert code_of(answer) == (400, "invalid")
    assert await role_of(team.bob, page) is None


# -- who manages


async def test_the_last_manager_can_neither_go_nor_step_down(team: Team) -> None:
    page = await team.page()
    assert code_of(await team.removes(page, team.ann)) == (409, "last_manager")
    assert code_of(await team.gives(page, team.ann, "edit")) == (409, "last_manager")
    path = f"/api/documents/{page}/people/{team.ann.id}"
    assert code_of(await team.ann.request("PUT", path, json={"role": "view"})) == (409, "last_manager")
    await team.gives(page, team.bob, "manage")
    assert (await team.removes(page, team.ann)).status_code == 204
    assert (await role_of(team.ann, page), await role_of(team.bob, page)) == (None, "manage")


async def test_of_two_managers_who_remove_each_other_at_once_one_remains(team: Team) -> None:
    for _ in range(5):
        page = await team.page()
        await team.gives(page, team.bob, "manage")
        answers = await asyncio.gather(team.removes(page, team.bob), team.removes(page, team.ann, by=team.bob))
        assert sorted(answer.status_code for answer in answers) == [204, 404]
        assert sorted([str(await role_of(who, page)) for who in (team.ann, team.bob)]) == ["None", "manage"]


async def test_of_two_managers_who_leave_at_once_one_remains(team: Team) -> None:
    page = await team.page()
    await team.gives(page, team.bob, "manage")
    answers = await asyncio.gather(team.removes(page, team.ann), team.removes(page, team.bob, by=team.bob))
    assert sorted(answer.status_code for answer in answers) == [204, 409]


# -- two ids, both authorised


async def test_who_manages_one_page_changes_nobody_on_another(team: Team) -> None:
    hers, his = await team.page(), await team.bob.makes_page()
    await team.general(his, by=team.bob, general="private")
    await team.gives(his, team.carol, "edit", by=team.bob)
    path = f"/api/documents/{his}/people"
    assert code_of(await team.ann.request("POST", path, json={"who": [team.ann.id], "role": "manage"}))[0] == 404
    assert code_of(await team.ann.request("PUT", f"{path}/{team.carol.id}", json={"role": "view"}))[0] == 404
    assert code_of(await team.removes(his, team.carol))[0] == 404
    await team.gives(his, team.ann, "edit", by=team.bob)
    assert code_of(await team.gives(his, team.ann, "manage", by=team.ann)) == (403, "not_allowed")
    assert code_of(await team.removes(his, team.carol)) == (403, "not_allowed")
    # Carol is nobody on Ann's page, whatever she is on Bob's.
    change = await team.ann.request("PUT", f"/api/documents/{hers}/people/{team.carol.id}", json={"role": "edit"})
    assert code_of(change) == (404, "not_found")
    assert code_of(await team.removes(hers, team.carol)) == (404, "not_found")
    assert await role_of(team.carol, his) == "edit"


async def test_a_person_that_nobody_knows_is_not_told_from_one_with_no_role(team: Team) -> None:
    page = await team.page()
    answers = [await team.ann.request("DELETE", f"/api/documents/{page}/people/{who}") for who in ("x", team.dan.id)]
    assert answers[0].content == answers[1].content
    assert answers[0].status_code == answers[1].status_code == 404
    assert (await team.gives(page, team.dan, "view")).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"who": [], "role": "view"},
        {"who": "ann", "role": "view"},
        {"who": [None], "role": "view"},
        {"who": [{"id": "ann"}], "role": "view"},
        {"who": ["not an@address"], "role": "view"},
        {"who": ["x@example.org"] * 51, "role": "view"},
        {"who": ["x@example.org"], "role": "owner"},
        {"who": ["x@example.org"], "role": None},
        {"who": ["x@example.org"], "role": ["view"]},
        {"who": ["x@example.org"], "role": "view", "granted_by": "ann"},
    ],
)
async def test_what_names_nobody_or_no_role_is_refused(team: Team, body: dict[str, Any]) -> None:
    page = await team.page()
    answer = await team.ann.request("POST", f"/api/documents/{page}/people", json=body)
    assert code_of(answer) == (400, "invalid")


# -- links


async def test_a_link_gives_its_role_and_that_role_changes_for_who_has_come(team: Team) -> None:
    page = await team.page()
    gus = await team.visitor(await team.link(page, role="view"))
    write = {"markdown": "words"}
    assert code_of(await gus.request("PUT", f"/api/documents/{page}/content", json=write)) == (403, "not_allowed")
    await team.general(page, general="anyone", role="edit")
    assert (await gus.request("PUT", f"/api/documents/{page}/content", json=write)).status_code == 200
    assert code_of(await gus.request("DELETE", f"/api/documents/{page}")) == (403, "not_allowed")


async def test_a_link_that_has_run_out_is_none(team: Team) -> None:
    page = await team.page()
    secret = await team.link(page, expires_at="2100-01-01T00:00:00Z")
    gus = await team.visitor(secret)
    team.server.sql("UPDATE document SET link_expires_at = 1 WHERE id = ?", page)
    assert await role_of(gus, page) is None
    assert code_of(await team.opens(secret)) == (404, "not_found")
    past = {"general": "anyone", "role": "view", "expires_at": "2001-01-01T00:00:00Z"}
    answer = await team.ann.request("PUT", f"/api/documents/{page}/access", json=past)
    assert code_of(answer) == (400, "invalid")


async def test_a_link_with_a_password_opens_to_who_knows_it_and_a_new_one_sends_visitors_out(team: Team) -> None:
    page = await team.page()
    secret = await team.link(page, role="edit", password="open sesame")
    for wrong, code in ((None, "password_needed"), ("", "password_needed"), ("sesame", "wrong_password")):
        assert code_of(await team.opens(secret, password=wrong)) == (401, code)
    gus = await team.visitor(secret, password="open sesame")
    shared = await team.general(page, general="anyone", role="view")  # says nothing about the password: it stays
    assert shared["link"]["has_password"]
    assert await role_of(gus, page) == "view"
    await team.general(page, general="anyone", role="view", password="another one")
    assert await role_of(gus, page) is None
    assert code_of(await team.opens(secret, password="open sesame")) == (401, "wrong_password")
    assert (await team.opens(secret, password="another one")).status_code == 200
    await team.general(page, general="anyone", role="view", password=None)
    assert (await team.opens(secret)).status_code == 200


async def test_all_secrets_of_a_link_end_together_and_none_comes_back(team: Team) -> None:
    page = await team.page()
    secrets = [await team.link(page), await team.secret(page)]
    assert secrets[0] != secrets[1]
    visitors = [await team.visitor(secret) for secret in secrets]
    assert (await team.ann.get(f"/api/documents/{page}/access"))["link"]["count"] == 2
    await team.general(page, general="private")
    assert code_of(await team.ann.request("POST", f"/api/documents/{page}/links")) == (409, "no_link")
    newer = await team.link(page)
    for secret, visitor in zip(secrets, visitors, strict=True):
        assert code_of(await team.opens(secret)) == (404, "not_found")
        assert await role_of(visitor, page) is None
    assert (await team.opens(newer)).status_code == 200


async def test_a_secret_of_a_page_in_the_trash_opens_nothing(team: Team) -> None:
    page = await team.page()
    secret = await team.link(page)
    assert (await team.ann.request("DELETE", f"/api/documents/{page}")).status_code == 204
    unknown, trashed = await team.opens("no such secret"), await team.opens(secret)
    assert (trashed.status_code, trashed.content) == (unknown.status_code, unknown.content)
    await team.ann.request("POST", f"/api/trash/{page}/restore")
    assert (await team.opens(secret)).status_code == 200


async def test_a_guest_has_an_animals_name_and_sees_nobody_but_themselves(team: Team) -> None:
    page = await team.page()
    await team.gives(page, team.bob, "edit")
    secret = await team.link(page, role="edit")
    gus, other = await team.visitor(secret), await team.visitor(secret, name="Otto")
    assert len(gus.session["user"]["name"].split()) == 2
    assert other.session["user"]["name"] == "Otto"
    access = await gus.get(f"/api/documents/{page}/access")
    assert (access["people"], access["invitations"], access["requests"]) == ([], [], [])
    assert [each["id"] for each in (await gus.get("/api/tree"))["pages"]] == [page]
    assert [each["id"] for each in (await gus.get("/api/documents"))["documents"]] == [page]
    assert (await gus.request("GET", "/api/people")).status_code in (403, 404)
    assert code_of(await team.gives(page, team.carol, "view", by=gus)) == (403, "not_allowed")
    assert await role_of(team.carol, page) == "edit"  # as one of the workspace


async def test_a_member_who_opens_a_link_is_who_they_are_and_leaves_again(team: Team) -> None:
    page = await team.page()
    secret = await team.link(page, role="comment")
    await team.general(page, general="anyone", role="comment")
    team.server.sql("UPDATE document SET access = 'private', access_role = NULL WHERE id = ?", page)
    assert await role_of(team.bob, page) is None
    answer = await team.bob.request("POST", "/api/links/open", json={"secret": secret})
    assert answer.json()["session"]["user"]["id"] == team.bob.id
    assert "set-cookie" not in answer.headers
    assert await role_of(team.bob, page) == "comment"
    assert (await team.removes(page, team.bob, by=team.bob)).status_code == 204
    assert await role_of(team.bob, page) is None


async def test_a_whole_class_opens_a_link_from_one_address_and_who_guesses_secrets_waits(
    closed_server: Server,
) -> None:
    async with client(closed_server) as web:
        team = await unclaimed(closed_server, web)
        secret = await team.link(await team.page())
        opened = await asyncio.gather(*(team.opens(secret) for _ in range(40)))
        assert {answer.status_code for answer in opened} == {200}
        guesses = await asyncio.gather(*(team.opens(f"guess {n}") for n in range(40)))
        assert {answer.status_code for answer in guesses} == {404, 429}
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in guesses if answer.status_code == 429)


async def test_who_guesses_the_password_of_a_link_waits_wherever_they_come_from(closed_server: Server) -> None:
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with client(closed_server) as web, httpx.AsyncClient(transport=elsewhere, timeout=120) as other:
        web.timeout = httpx.Timeout(120)  # each guess costs a hash, one after the other
        team = await unclaimed(closed_server, web)
        secret = await team.link(await team.page(), password="open sesame")
        body = {"secret": secret, "password": "a guess"}
        guesses = [each.post(f"{closed_server.url}/api/links/open", json=body) for each in (web, other) * 18]
        codes = [answer.status_code for answer in await asyncio.gather(*guesses)]
        assert set(codes) == {401, 429}


async def unclaimed(server: Server, web: httpx.AsyncClient) -> Team:
    """A team of one, on a server of their own."""
    ann = await is_guest(web, "Ann")
    return Team(server, web, {name: {**ann.session, "token": ann.token} for name in NAMES})


# -- asking, inviting, leaving


async def test_asking_says_nothing_and_reaches_who_manages(team: Team) -> None:
    page = await team.page()
    answers = []
    for id in (page, "no-such-page", page):
        answers.append(
            await team.bob.request("POST", f"/api/documents/{id}/requests", json={"message": "please\x07\n!"})
        )
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    [asked] = (await team.ann.get(f"/api/documents/{page}/access"))["requests"]
    assert (asked["user"]["name"], asked["message"]) == ("Bob", "please !")
    await team.gives(page, team.carol, "edit")
    assert (await team.carol.get(f"/api/documents/{page}/access"))["requests"] == []
    await team.gives(page, team.bob, "view")
    assert (await team.ann.get(f"/api/documents/{page}/access"))["requests"] == []
    await team.bob.request("POST", f"/api/documents/{page}/requests", json={})  # nothing to ask for any more
    assert (await team.ann.get(f"/api/documents/{page}/access"))["requests"] == []


async def test_who_manages_declines_and_nobody_else_does(team: Team) -> None:
    page = await team.page()
    await team.dan.request("POST", f"/api/documents/{page}/requests", json={})
    await team.gives(page, team.carol, "edit")
    path = f"/api/documents/{page}/requests/{team.dan.id}"
    assert code_of(await team.carol.request("DELETE", path)) == (403, "not_allowed")
    assert (await team.ann.request("DELETE", path)).status_code == 204
    assert code_of(await team.ann.request("DELETE", path)) == (404, "not_found")
    assert await role_of(team.dan, page) is None


async def test_who_asks_on_and_on_waits(team: Team) -> None:
    gus = await is_guest(team.web, "Gus")
    answers = [await gus.request("POST", f"/api/documents/p{n}/requests", json={}) for n in range(12)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429] * 2
    long = await team.dan.request("POST", "/api/documents/x/requests", json={"message": "x" * 501})
    assert code_of(long) == (400, "invalid")


async def test_an_invitation_gives_its_role_to_who_signs_up_with_it_once(team: Team) -> None:
    page = await team.page()
    body = {"who": ["Eve@Example.org"], "role": "comment"}
    invited = (await team.ann.request("POST", f"/api/documents/{page}/people", json=body)).json()
    assert invited["people"] == []
    [invitation] = invited["invitations"]
    assert invitation["email"] == "eve@example.org"
    shown = await team.ann.get(f"/api/documents/{page}/access")
    assert [(each["email"], each["role"]) for each in shown["invitations"]] == [("eve@example.org", "comment")]
    account = {"email": "eve@example.org", "password": PASSWORD, "name": "Eve", "token": True}
    account["invitation"] = invitation["url"].partition("#")[2]
    joined = (await team.web.post("/api/accounts", json=account)).json()
    team.web.cookies.clear()
    eve = Account(team.web, joined["token"], joined)
    assert await role_of(eve, page) == "comment"
    assert (await team.ann.get(f"/api/documents/{page}/access"))["invitations"] == []
    again = {**account, "email": "eva@example.org"}
    assert (await team.web.post("/api/accounts", json=again)).status_code == 403


async def test_who_leaves_is_out_and_may_come_back_only_when_asked(team: Team) -> None:
    page = await team.page()
    assert code_of(await team.removes(page, team.bob, by=team.bob)) == (404, "not_found")
    await team.gives(page, team.bob, "view")
    assert code_of(await team.removes(page, team.ann, by=team.bob)) == (403, "not_allowed")
    assert (await team.removes(page, team.bob, by=team.bob)).status_code == 204
    assert await role_of(team.bob, page) is None
    assert code_of(await team.gives(page, team.bob, "view", by=team.bob)) == (404, "not_found")
