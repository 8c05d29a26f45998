"""What the endpoints of the tree of pages say of themselves."""

from quillroom.api.openapi_accounts import BOOLEAN, CONFLICT, NO_CONTENT, TEXT_OR_NULL
from quillroom.api.openapi_parts import (
    ID,
    MISSING,
    NOT_SIGNED_IN,
    TEXT,
    TIME,
    TITLE,
    WRITES,
    Schema,
    answer,
    as_json,
    body,
    list_of,
    object_of,
    operation,
    ref,
)
from quillroom.api.openapi_sharing import ROLE

PERSON_OR_NULL: Schema = {"anyOf": [ref("Person"), {"type": "null"}]}
GENERAL: Schema = {
    "enum": ["private", "workspace", "anyone"],
    "description": "Who may come without being named: nobody, the members, or anyone who has the link.",
}
# What every document says besides its own: where it is for whoever asks, and what they may do with it.
SPOT: dict[str, Schema] = {
    "role": ROLE,
    "parent": {**TEXT_OR_NULL, "description": "Null at the top, and where the page above may not be seen."},
    "breadcrumbs": {**list_of(ref("PageName")), "description": "The pages above, from the top, that may be seen."},
    "general": GENERAL,
    "is_template": BOOLEAN,
    "is_favourite": BOOLEAN,
}

SCHEMAS: dict[str, Schema] = {
    "TreePage": object_of(
        id=TEXT,
        title=TITLE,
        parent=SPOT["parent"],
        position={**TEXT, "description": "Siblings are sorted by it."},
        role=ROLE,
        is_shared={**BOOLEAN, "description": "Anyone who has a link may come."},
        is_private={**BOOLEAN, "description": "Only people who are named may come."},
        is_template=BOOLEAN,
        here={**list_of(ref("Person")), "description": "Some of the people who are there now."},
    ),
    "Tree": object_of(pages=list_of(ref("TreePage"))),
    "TrashedPage": object_of(id=TEXT, title=TITLE, trashed_at=TIME, trashed_by=PERSON_OR_NULL),
    "Trash": object_of(pages=list_of(ref("TrashedPage"))),
    "Place": object_of(("before", "after"), parent=TEXT_OR_NULL, before=TEXT_OR_NULL, after=TEXT_OR_NULL),
    "Duplication": object_of(("with_children",), with_children=BOOLEAN),
    "Change": {
        **object_of(("title", "is_template"), title=TITLE, is_template=BOOLEAN),
        "minProperties": 1,
    },
}

_DOCUMENT = as_json(ref("Made"))
_DOCUMENTS = as_json(ref("Documents"))


def _listed(summary: str, how: str) -> Schema:
    return {"get": operation(summary, {"200": answer(how, _DOCUMENTS), "401": NOT_SIGNED_IN})}


def _change(summary: str, what: Schema, **more: object) -> Schema:
    answers = {**what, **WRITES, "404": MISSING, "409": CONFLICT}
    return operation(summary, answers, parameters=[ID], **more)


DOCUMENT_PATHS: dict[str, Schema] = {
    "patch": _change(
        "Rename a page, or mark it as a template",
        {"200": answer("It is committed.", _DOCUMENT)},
        requestBody=body(as_json(ref("Change"))),
    ),
    "delete": _change("Put a page into the trash, with all below it", {"204": NO_CONTENT}),
}

PATHS: dict[str, Schema] = {
    "/api/tree": {
        "get": operation(
            "The tree of pages",
            {"200": answer("All that may be seen, siblings in order.", as_json(ref("Tree"))), "401": NOT_SIGNED_IN},
        )
    },
    "/api/documents/{id}/move": {
        "post": _change(
            "Put a page elsewhere, with all below it",
            {"200": answer("It is committed.", _DOCUMENT)},
            requestBody=body(as_json(ref("Place"))),
        )
    },
    "/api/documents/{id}/duplicate": {
        "post": _change(
            "Copy a page, or it and all below it",
            {"201": answer("It is committed.", _DOCUMENT)},
            requestBody=body(as_json(ref("Duplication"))),
        )
    },
    "/api/documents/{id}/favourite": {
        "put": _change("Star a page", {"204": NO_CONTENT}),
        "delete": _change("Take a star away", {"204": NO_CONTENT}),
    },
    "/api/favourites": _listed("What I starred", "The first starred first."),
    "/api/recents": _listed("What I opened", "The last opened first."),
    "/api/templates": _listed("Pages that new ones may begin as a copy of", "In the order of the tree."),
    "/api/trash": {
        "get": operation(
            "What I may restore or purge",
            {"200": answer("The last put there first.", as_json(ref("Trash"))), "401": NOT_SIGNED_IN},
        ),
        "delete": operation("Purge all that I may", {"204": NO_CONTENT, **WRITES}),
    },
    "/api/trash/{id}": {"delete": _change("Purge a page and all below it", {"204": NO_CONTENT})},
    "/api/trash/{id}/restore": {
        "post": _change(
            "Put a page back to where it was, or else to the top", {"200": answer("It is committed.", _DOCUMENT)}
        )
    },
}
