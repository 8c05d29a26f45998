"""Who wrote at one server and asks another one gets what they wrote."""

import httpx

from support.members import Account
from support.person import Person
from support.server import Server


async def test_what_was_written_at_one_server_is_read_at_another_which_has_it_open(
    ann: Account, web: httpx.AsyncClient, three: list[Server]
) -> None:
    page = await ann.makes_page("Plan", markdown="begin")
    readers = [await Person(server.sync, page, headers=ann.headers).joins() for server in three]
    for n in range(9):  # each request reaches another one
        written = await ann.request("PUT", f"/api/documents/{page}/content", json={"markdown": f"edit {n}"})
        assert written.status_code == 200, written.text
        read = await ann.request("GET", f"/api/documents/{page}?format=text")
        assert read.text.strip().endswith(f"edit {n}")
        assert "begin" not in read.text
    for each in readers:
        await each.leaves()
