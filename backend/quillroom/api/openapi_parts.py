"""What the descriptions of endpoints are made of: JSON Schema 2020-12 and OpenAPI 3.1, as plain dictionaries."""

from quillroom.services.documents import TITLE_LENGTH

Schema = dict[str, object]


def object_of(optional: tuple[str, ...] = (), **properties: Schema) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def as_json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def answer(description: str, content: Schema | None = None) -> Schema:
    return {"description": description} if content is None else {"description": description, "content": content}


def failure(description: str) -> Schema:
    return answer(description, as_json(ref("Error")))


def operation(summary: str, answers: dict[str, Schema], **more: object) -> Schema:
    return {"summary": summary, "responses": answers, **more}


def body(content: Schema) -> Schema:
    return {"required": True, "content": content}


TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "format": "date-time"}
TITLE: Schema = {"type": "string", "maxLength": TITLE_LENGTH}
COLOUR: Schema = {"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"}
SEQ: Schema = {"type": "integer", "minimum": 0, "description": "The document's place in its log."}
PROSEMIRROR: Schema = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"const": "doc"}, "content": {"type": "array", "items": {"type": "object"}}},
    "description": "A ProseMirror document of the schema in shared/.",
}

NOT_SIGNED_IN = failure("No session, or it has ended.")
INVALID = failure("The request is not what was expected; the message says both.")
FOREIGN = failure("The request comes from a page of another site.")
MISSING = failure("There is no such document.")
TOO_LARGE = failure("More bytes than are taken.")
LATER = failure("Nothing can be saved right now; nothing was kept.")
BROKEN = failure("The document needs repair; what was written is kept.")
SLOW = failure("The body did not come in time.")
WRITES = {"400": INVALID, "401": NOT_SIGNED_IN, "403": FOREIGN, "408": SLOW, "413": TOO_LARGE, "503": LATER}
ANYONE: list[Schema] = []
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
