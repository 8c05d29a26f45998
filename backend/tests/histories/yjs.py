"""Real Yjs, in one Node process that stays for as many histories as are asked."""

import json
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = Path(__file__).with_name("replay.mjs")


class Shown(NamedTuple):
    """What a document shows after its updates: equal for equal documents, whatever carried them."""

    hash: str
    vector: dict[int, int]
    tidied: list[bytes]  # deletions of marks that mark nothing, which Yjs makes by itself and a page then sends


class Yjs:
    """`with Yjs() as yjs: yjs.shows(updates)`."""

    def __enter__(self) -> "Yjs":
        self._node = subprocess.Popen(
            ["node", str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.wait(10)
        self._node.stdout.close()

    def shows(self, updates: Iterable[bytes]) -> Shown:
        """Apply the updates one after the other; nothing may be left waiting for something that never came."""
        answer = self._ask(updates, shows=False)
        assert not answer["pending"], "Yjs still waits for updates"
        return Shown(answer["hash"], dict(map(tuple, answer["vector"])), list(map(b64decode, answer["tidied"])))

    def content(self, updates: Iterable[bytes]) -> dict[str, Any]:
        """The visible content itself, to be read by a person or compared with exact words."""
        content: dict[str, Any] = self._ask(updates, shows=True)["shows"]
        return content

    def _ask(self, updates: Iterable[bytes], *, shows: bool) -> dict[str, Any]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        encoded = [b64encode(update).decode() for update in updates]
        self._node.stdin.write(json.dumps({"updates": encoded, "shows": shows}) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Any] = json.loads(self._node.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer
