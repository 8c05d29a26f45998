"""What leaves for a push service: only the browser can read it, and to no other address it goes."""

import http_ece  # type: ignore[import-untyped]
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from quillroom.services.errors import Invalid
from quillroom.services.push_hosts import Postman, PushHosts, Unreachable, is_public, parse_hosts
from quillroom.services.web_push import PAYLOAD_BYTES, Browser, Signature, check, decode, encode, encrypt, topic

# RFC 8291, appendix A
PLAIN = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
THEIR_SECRET = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
OUR_SECRET = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SENT = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
BROWSER = Browser("https://fcm.googleapis.com/fcm/send/abc", THEIRS, AUTH)


def secret(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text)), ec.SECP256R1())


def test_the_example_of_rfc_8291_comes_out_byte_by_byte() -> None:
    assert encode(encrypt(PLAIN, BROWSER, key=secret(OUR_SECRET), salt=decode(SALT))) == SENT


@pytest.mark.parametrize("length", [0, 1, 100, PAYLOAD_BYTES])
def test_another_implementation_reads_what_was_encrypted(length: int) -> None:
    payload = bytes(n % 251 for n in range(length))
    body = encrypt(payload, BROWSER)
    assert body != encrypt(payload, BROWSER)
    assert len(body) <= 4096
    assert http_ece.decrypt(body, private_key=secret(THEIR_SECRET), auth_secret=decode(AUTH)) == payload


def test_more_than_every_service_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="3073 came"):
        encrypt(b"x" * (PAYLOAD_BYTES + 1), BROWSER)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", AUTH),
        ("AAAA", AUTH),
        (THEIRS[:-2] + "AA", AUTH),
        (THEIRS, "AAAA"),
        (THEIRS, ""),
        ("*" * 87, AUTH),
        (THEIRS * 3, AUTH),
    ],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    check(BROWSER)
    with pytest.raises(ValueError):  # noqa: PT011
        check(Browser("", p256dh, auth))


def test_a_service_knows_the_server_by_its_key_and_for_this_service_only() -> None:
    ours = Signature()
    again = Signature(ours.secret)
    assert again.public == ours.public
    header = again.authorization("https://push.example.org:8443/send/x", "mailto:ops@example.org", 1000.0)
    assert header.startswith("vapid t=")
    token, _, key = header.removeprefix("vapid t=").partition(", k=")
    point = decode(key)
    known = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])})
    read = jwt.decode(token, known, algorithms=["ES256"])
    assert read.claims == {
        "aud": "https://push.example.org:8443",
        "exp": 1000 + 12 * 3600,
        "sub": "mailto:ops@example.org",
    }


def test_a_topic_is_short_and_says_nothing() -> None:
    one = topic("bob", "harbour")
    assert len(one) == 32
    assert set(one) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert len({one, topic("cem", "harbour"), topic("bob", "quay"), topic("bob", "harbour", "")}) == 4


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://db5p.notify.windows.com/w/?token=x%2b",
        "https://web.push.apple.com/QAbc",
        "https://fcm.googleapis.com:443/x",
        "https://push.house.example:8443/x",
        "http://127.0.0.1:9000/x",
    ],
)
def test_a_known_service_is_taken(endpoint: str) -> None:
    assert PushHosts(("push.house.example:8443", "http://127.0.0.1:9000")).check(endpoint) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.example.org/x",
        "https://evilfcm.googleapis.com/x",
        "https://example.org/fcm.googleapis.com",
        "https://fcm.googleapis.com@example.org/x",
        "https://user:pass@fcm.googleapis.com/x",
        "https://fcm.googleapis.com\\@example.org/x",
        "https://example.org#.push.apple.com",
        "https://push.apple.com/x",
        "https://notpush.apple.com.evil.org/x",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/x",
        "https://metadata.google.internal/x",
        "file:///etc/passwd",
        "gopher://fcm.googleapis.com/x",
        "//fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x\r\nHost: example.org",
        "https://fcm.googleapis.com/ x",
        "https://fcm。googleapis。com/x",
        "https://fcm.googleapis.com:99999/x",
        "https://fcm.googleapis.com/" + "x" * 1024,
        "",
        None,
        7,
    ],
)
def test_any_other_address_is_refused(endpoint: object) -> None:
    with pytest.raises(Invalid):
        PushHosts().check(endpoint)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("142.250.1.95", True),
        ("2a00:1450:4001:80b::200a", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("255.255.255.255", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:142.250.1.95", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::8efa:15f", True),
    ],
)
def test_what_is_an_address_of_the_internet(address: str, expected: bool) -> None:
    assert is_public(address) is expected


async def test_a_known_name_that_leads_into_the_house_is_not_connected_to() -> None:
    asked: list[str] = []

    async def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1", "10.0.0.1"]

    postman = Postman(PushHosts(), resolve)
    with pytest.raises(Unreachable, match="no public address"):
        await postman.post("https://fcm.googleapis.com/x", {}, b"")
    assert asked == ["fcm.googleapis.com"]
    with pytest.raises(Unreachable, match="no push service"):
        await postman.post("https://example.org/x", {}, b"")
    assert asked == ["fcm.googleapis.com"]
    await postman.close()


@pytest.mark.parametrize("said", ["ftp://x", "", "https://x/path", "user@host", "host:port"])
def test_an_operator_hears_of_a_host_that_is_none(said: str) -> None:
    with pytest.raises(Invalid):
        parse_hosts([said])
