"""What an operator may write behind `--redis`."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quillroom.bus.address import Login, Node, WrongAddress, read_address, without_password


def test_one_server() -> None:
    address = read_address("redis://ann:p%40ss@redis.example:6380/3")
    assert (address.form, address.nodes, address.database) == ("single", (Node("redis.example", 6380),), 3)
    assert (address.login, address.tls) == (Login("ann", "p@ss"), None)
    assert read_address("redis://host").nodes == (Node("host", 6379),)
    assert read_address("redis://[::1]:1/?db=2").nodes == (Node("::1", 1),)
    assert str(read_address("redis://[::1]:1")) == "[::1]:1"


def test_a_socket_on_this_machine() -> None:
    address = read_address("unix://:secret@/run/redis/redis.sock?db=1")
    assert (address.nodes[0].path, address.login.password, address.database) == ("/run/redis/redis.sock", "secret", 1)
    assert str(address) == "/run/redis/redis.sock"


def test_sentinels() -> None:
    address = read_address("redis+sentinel://:p@a,b:27000/quill/2?sentinel_username=u&sentinel_password=s")
    assert (address.form, address.service, address.database) == ("sentinel", "quill", 2)
    assert address.nodes == (Node("a", 26379), Node("b", 27000))
    assert (address.login, address.sentinel_login) == (Login(None, "p"), Login("u", "s"))


def test_a_cluster() -> None:
    address = read_address("redis+cluster://a,b:7001")
    assert (address.form, address.nodes) == ("cluster", (Node("a", 6379), Node("b", 7001)))


def test_everything_may_be_tls() -> None:
    for url in ("rediss://h", "rediss+sentinel://h/s", "rediss+cluster://h"):
        tls = read_address(url).tls
        assert tls is not None
        assert (tls.check_hostname, tls.verify_mode) == (True, ssl.CERT_REQUIRED)
    lax = read_address("rediss://h?ssl_cert_reqs=none").tls
    assert lax is not None
    assert (lax.check_hostname, lax.verify_mode) == (False, ssl.CERT_NONE)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "was expected"),
        ("redis", "was expected"),
        ("http://host", "was expected"),
        ("redis://", "a host is missing"),
        ("redis://host:99999", "was expected"),
        ("redis://host:x", "was expected"),
        ("redis://host/zero", "the database is a number"),
        ("redis://host/0/1", "the path is too long"),
        ("redis://a,b", "several hosts are sentinels or a cluster"),
        ("redis://host?ssl_ca_certs=/x", "ssl_ca_certs is no option here"),
        ("rediss://host?ssl_ca_certs=/does/not/exist", "the certificates cannot be read"),
        ("rediss://host?ssl_cert_reqs=maybe", "required or none"),
        ("redis+sentinel://a:26379", "the name that the sentinels give the service is missing"),
        ("redis+cluster://a/1", "a cluster has one database"),
        ("redis+magic://a", "was expected"),
        ("unix://host/path", "three slashes"),
        ("unix://", "three slashes"),
    ],
)
def test_what_is_wrong_is_said(url: str, why: str) -> None:
    with pytest.raises(WrongAddress, match="redis://host:6379, rediss://") as refused:
        read_address(url)
    assert why in str(refused.value)


@pytest.mark.parametrize("rest", ["host:x", "a,b", "host/zero", "?password=s3cret"])
def test_a_password_is_never_repeated(rest: str) -> None:
    with pytest.raises(WrongAddress) as refused:
        read_address(f"redis://ann:s3cret@{rest}")
    assert "s3cret" not in str(refused.value)
    assert "s3cret" not in repr(read_address("redis://ann:s3cret@host"))
    assert without_password("redis://ann:s3cret@host?x=s3cret") == "redis://ann@host?…"


@given(st.text(max_size=60), st.sampled_from(["", "redis://", "rediss://", "unix://", "redis+sentinel://a/"]))
def test_nothing_else_than_a_wrong_address_comes_of_whatever_is_written(rest: str, start: str) -> None:
    try:
        read_address(start + rest)
    except WrongAddress:
        return
