"""An OpenID Connect provider as we ask it: where it is, for tokens, for keys; and what makes one of its tokens good.

OpenID Connect Core 1.0 §3.1 (authorization code), RFC 7636 (PKCE), RFC 9207 (who answers).
"""

import asyncio
import base64
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from quillroom.services.errors import SignInFailed
from quillroom.settings import Oidc

# Signatures by a key that only the provider has. Never "none", never HMAC: its key is our own secret, or a public one.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
ANSWER_SECONDS = 10.0
ANSWER_BYTES = 1024 * 1024
KEPT_SECONDS = 3600.0
LEEWAY_SECONDS = 60
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Provider:
    """Remembers what the provider says of itself; asks again when it is old, or its keys are others."""

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._client: httpx.AsyncClient | None = None
        self._asking = asyncio.Lock()
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def close(self) -> None:
        """Let go of connections."""
        if self._client is not None:
            await self._client.aclose()

    async def address(self, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in. Raises SignInFailed."""
        metadata = await self._known()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._oidc.client_id,
                "redirect_uri": redirect,
                "scope": self._oidc.scopes,
                "state": state,
                "nonce": nonce,
                "code_challenge": create_s256_code_challenge(verifier),
                "code_challenge_method": "S256",
            }
        )
        endpoint = str(metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}"

    async def claims(self, code: str, issuer: str | None, redirect: str, nonce: str, verifier: str) -> dict[str, Any]:
        """Who signed in, for a code that the browser brought back. Raises SignInFailed."""
        metadata = await self._known()
        if issuer is not None and issuer != metadata["issuer"]:
            raise SignInFailed("invalid", "the answer comes from another provider")  # RFC 9207: mix-up
        tokens = await self._exchange(metadata, code, redirect, verifier)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str):
            raise SignInFailed("invalid", "no id_token came")
        claims = await self._verified(metadata, id_token, nonce, access_token)
        if "email" not in claims and "userinfo_endpoint" in metadata and isinstance(access_token, str):
            headers = {"Authorization": f"Bearer {access_token}"}
            more = await self._json("GET", str(metadata["userinfo_endpoint"]), headers=headers)
            if more.get("sub") != claims["sub"]:  # Core §5.3.2: it may be somebody else's
                raise SignInFailed("invalid", "the userinfo is somebody else's")
            claims = {**more, **claims}
        return claims

    async def _exchange(
        self, metadata: Mapping[str, Any], code: str, redirect: str, verifier: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "client_id": self._oidc.client_id,
        }
        headers: dict[str, str] = {}
        secret = self._oidc.client_secret
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret is not None and "client_secret_basic" in methods:
            # RFC 6749 §2.3.1: both are form-encoded before they are joined.
            both = f"{quote_plus(self._oidc.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        elif secret is not None:
            form["client_secret"] = secret
        return await self._json("POST", str(metadata["token_endpoint"]), data=form, headers=headers)

    async def _verified(
        self, metadata: Mapping[str, Any], id_token: str, nonce: str, access_token: object
    ) -> dict[str, Any]:
        about = (str(metadata["issuer"]), self._oidc.client_id, nonce, access_token)
        try:
            return verified(id_token, await self._key_set(metadata), *about)
        except InvalidKeyIdError:
            try:  # the provider signs by a newer one; only its own token endpoint can make us ask
                return verified(id_token, await self._key_set(metadata, older_than=0.0), *about)
            except InvalidKeyIdError as problem:
                raise SignInFailed("invalid", str(problem)) from None

    async def _key_set(self, metadata: Mapping[str, Any], older_than: float = KEPT_SECONDS) -> KeySet:
        async with self._asking:
            if self._keys is None or time.monotonic() - self._keys[0] > older_than:
                found = await self._json("GET", str(metadata["jwks_uri"]))
                try:
                    self._keys = (time.monotonic(), KeySet.import_key_set(found))  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError):
                    raise SignInFailed("provider_down", "the provider's keys cannot be read") from None
            return self._keys[1]

    async def _known(self) -> Mapping[str, Any]:
        async with self._asking:
            if self._metadata is None or time.monotonic() - self._metadata[0] > KEPT_SECONDS:
                found = await self._json("GET", f"{self._oidc.issuer.rstrip('/')}/.well-known/openid-configuration")
                self._check(found)
                self._metadata = (time.monotonic(), found)
            return self._metadata[1]

    def _check(self, metadata: Mapping[str, Any]) -> None:
        """Discovery §4.3: it must be who we asked; and nothing it names may be asked in the clear."""
        if metadata.get("issuer") not in (self._oidc.issuer, self._oidc.issuer.rstrip("/")):
            raise SignInFailed("provider_down", "the provider says that it is another one")
        scheme = urlsplit(self._oidc.issuer).scheme
        for name in (*ENDPOINTS, *({"userinfo_endpoint"} & set(metadata))):
            if urlsplit(str(metadata.get(name))).scheme not in ("https", scheme):
                raise SignInFailed("provider_down", f"{name} cannot be used")

    async def _json(self, method: str, url: str, **more: Any) -> Mapping[str, Any]:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=ANSWER_SECONDS)  # follows no redirect
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._client.stream(method, url, **more) as answer,
            ):
                body = await _bounded(answer)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as problem:
            raise SignInFailed("provider_down", f"{urlsplit(url).netloc}: {type(problem).__name__}") from None
        if method == "POST" and 400 <= answer.status_code < 500:
            raise SignInFailed("invalid", f"{urlsplit(url).path} answered {answer.status_code}")
        try:
            found = json.loads(body) if answer.status_code == 200 else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise SignInFailed("provider_down", f"{urlsplit(url).path} answered {answer.status_code}")
        return found


async def _bounded(answer: httpx.Response) -> bytes:
    body = b""
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > ANSWER_BYTES:
            raise SignInFailed("provider_down", "the answer is too long")
    return body


def verified(
    id_token: str,
    keys: KeySet,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: object = None,
    now: float | None = None,
) -> dict[str, Any]:
    """What the token says, if it is the provider's, for us, of now, and the answer to this one question.

    Raises SignInFailed; InvalidKeyIdError where none of these keys signed it.
    """
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    try:
        token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        params = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
        claims = CodeIDToken(token.claims, token.header, options, params)
        claims.validate(int(time.time() if now is None else now), LEEWAY_SECONDS)
    except InvalidKeyIdError:
        raise
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise SignInFailed("invalid", f"{type(problem).__name__}: {problem}") from None
    if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
        raise SignInFailed("invalid", "`sub` is no subject")
    return dict(claims)
