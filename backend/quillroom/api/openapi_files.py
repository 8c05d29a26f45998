"""What the endpoints of files say of themselves."""

from quillroom.api.openapi_accounts import CONFLICT, NO_CONTENT, TEXT_OR_NULL
from quillroom.api.openapi_parts import (
    ID,
    INVALID,
    NOT_SIGNED_IN,
    TEXT,
    WRITES,
    Schema,
    answer,
    as_json,
    body,
    failure,
    list_of,
    object_of,
    operation,
    ref,
)
from quillroom.services.files import ALT_LENGTH, BARS, NAME_LENGTH

_BYTES: Schema = {"type": "integer", "minimum": 0}
_SIDE: Schema = {"type": ["integer", "null"]}
_SECONDS: Schema = {"type": ["number", "null"], "minimum": 0}
_LEVELS: Schema = {**list_of({"type": "integer", "minimum": 0, "maximum": 100}), "maxItems": BARS}
_ALT: Schema = {"type": ["string", "null"], "maxLength": ALT_LENGTH, "description": "What can be seen, in words."}

SCHEMAS: dict[str, Schema] = {
    "File": object_of(
        id=TEXT,
        kind={"enum": ["image", "voice", "audio", "video", "file"]},
        name={"type": "string", "maxLength": NAME_LENGTH},
        type={**TEXT, "description": "As its bytes say, whatever it is called."},
        size=_BYTES,
        width=_SIDE,
        height=_SIDE,
        duration=_SECONDS,
        waveform={"anyOf": [_LEVELS, {"type": "null"}]},
        alt=TEXT_OR_NULL,
        has_thumbnail={"type": "boolean"},
    ),
    "NewFile": object_of(
        ("kind", "alt", "duration", "waveform"),
        name=TEXT,
        size={"type": "integer", "minimum": 1, "description": "Bytes that will come."},
        kind={"const": "voice", "description": "A recording: WebM, Ogg or MP4 with sound only."},
        alt=_ALT,
        duration={**_SECONDS, "description": "Seconds, where the recording does not tell itself."},
        waveform={"anyOf": [_LEVELS, {"type": "null"}]},
    ),
    "BegunFile": object_of(
        file=ref("File"), upload=object_of(offset=_BYTES, chunk_bytes={**_BYTES, "description": "Fits best."})
    ),
    "FileChange": object_of(alt=_ALT),
}

FILE: Schema = {"name": "file", "in": "path", "required": True, "schema": TEXT}
_OFFSET: Schema = {"name": "Upload-Offset", "in": "header", "required": True, "schema": _BYTES}
_RANGE: Schema = {"name": "Range", "in": "header", "schema": TEXT, "description": "One range."}
_DOWNLOAD: Schema = {"name": "download", "in": "query", "schema": {"const": "1"}}
_GONE = failure("There is no such file, it was recalled, or it is not for you.")
_ANYTHING: Schema = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
_THUMBNAIL: Schema = {"image/webp": {"schema": {"type": "string", "format": "binary"}}}
_OWN: dict[str, Schema] = {**WRITES, "404": _GONE, "409": CONFLICT}


def _fetched(summary: str, content: Schema, *more: Schema) -> Schema:
    answers = {
        "200": answer("All of it; the entity tag is its SHA-256.", content),
        "206": answer("The range that was asked for.", content),
        "304": answer("You have it, and it is still there."),
        "401": NOT_SIGNED_IN,
        "404": _GONE,
        "416": answer("Nothing of that range is there."),
    }
    return operation(summary, answers, parameters=[FILE, _RANGE, *more])


PATHS: dict[str, Schema] = {
    "/api/documents/{id}/files": {
        "post": operation(
            "Announce a file for the chat of a page",
            {"201": answer("Now send its bytes.", as_json(ref("BegunFile"))), **_OWN},
            parameters=[ID],
            requestBody=body(as_json(ref("NewFile"))),
        )
    },
    "/api/files/{file}/content": {
        "patch": operation(
            "Send the next bytes of a file",
            {
                "200": answer("These were the last ones; it may be sent now.", as_json(ref("File"))),
                "204": answer("They are on the disk. Upload-Offset says where to go on."),
                **_OWN,
                "409": failure("It goes on elsewhere (Upload-Offset says where), or somebody is uploading it."),
                "400": failure(f"{INVALID['description']} A file refused for what it is, is gone."),
            },
            parameters=[FILE, _OFFSET],
            requestBody=body({"application/offset+octet-stream": {"schema": {"type": "string", "format": "binary"}}}),
        ),
    },
    "/api/files/{file}": {
        "get": _fetched("Fetch a file", _ANYTHING, _DOWNLOAD),
        "patch": operation(
            "Describe a file that is not sent yet",
            {"200": answer("It is committed.", as_json(ref("File"))), **_OWN},
            parameters=[FILE],
            requestBody=body(as_json(ref("FileChange"))),
        ),
        "delete": operation("Take back a file that is not sent yet", {"204": NO_CONTENT, **_OWN}, parameters=[FILE]),
    },
    "/api/files/{file}/thumbnail": {"get": _fetched("Fetch the small picture of an image", _THUMBNAIL)},
}
