"""What makes a token of the provider good: its own signature, for us, of now, to this question."""

import base64
import hmac
import json
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import ECKey, KeySet, RSAKey

from quillroom.services.errors import SignInFailed
from quillroom.services.oidc_provider import ALGORITHMS, verified

NOW = 1_800_000_000
KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
CLAIMS: dict[str, Any] = {
    "iss": "https://login.example.org", "sub": "bob", "aud": "us", "nonce": "question",
    "iat": NOW - 5, "exp": NOW + 300,
}  # fmt: skip


def made(key: Any = KEY, alg: str = "RS256", kid: str = "one", **other: Any) -> str:
    claims = {name: value for name, value in {**CLAIMS, **other}.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": kid}, claims, key, algorithms=[*ALGORITHMS, "HS256", "none"])


def look(token: str, keys: KeySet = KEYS) -> dict[str, Any]:
    return verified(token, keys, "https://login.example.org", "us", "question", None, NOW)


def signed_with_the_public_key() -> str:
    """RFC 8725 §2.1: everybody knows that key, and it must not be taken for a shared secret."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
    said = f"{head}.{made().split('.')[1]}"
    signature = hmac.digest(KEY.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_a_good_token_says_who_it_is() -> None:
    assert look(made())["sub"] == "bob"
    assert look(made(aud=["us"]))["sub"] == "bob"
    assert look(made(aud=["us", "others"], azp="us"))["sub"] == "bob"
    assert look(made(exp=NOW - 30))["sub"] == "bob"  # clocks differ a little
    curve = ECKey.generate_key("P-256", {"kid": "two"}, private=True)
    keys = KeySet.import_key_set({"keys": [KEY.as_dict(private=False), curve.as_dict(private=False)]})
    assert look(made(curve, "ES256", "two"), keys)["sub"] == "bob"


@pytest.mark.parametrize(
    "other",
    [{"iss": "https://evil.example"}, {"iss": None}, {"aud": "others"}, {"aud": ["others"]}, {"aud": None},
     {"aud": ["us", "others"], "azp": "others"}, {"aud": ["us", "others"]}, {"nonce": "another question"},
     {"nonce": None}, {"exp": NOW - 61}, {"exp": None}, {"exp": "never"}, {"iat": None}, {"iat": NOW + 3600},
     {"nbf": NOW + 3600}, {"sub": None}, {"sub": ""}, {"sub": 5}, {"sub": "x" * 256}],
    ids=json.dumps,
)  # fmt: skip
def test_a_token_of_somebody_else_for_somebody_else_or_another_time_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(SignInFailed) as refused:
        look(made(**other))
    assert refused.value.code == "invalid"


def test_a_signature_that_is_not_the_providers_is_refused() -> None:
    with pytest.raises(SignInFailed):
        look(made(OTHER))
    unsigned = made().rpartition(".")[0] + "."
    none = "eyJhbGciOiJub25lIiwia2lkIjoib25lIn0." + made().split(".")[1] + "."
    for token in (unsigned, none, signed_with_the_public_key(), made()[:-4] + "AAAA", "", "a.b.c", "x" * 5000):
        with pytest.raises(SignInFailed):
            look(token)


def test_a_key_that_is_not_known_yet_is_told_apart() -> None:
    with pytest.raises(InvalidKeyIdError):
        look(made(kid="three"))
