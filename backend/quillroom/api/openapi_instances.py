"""What `/api/instances` says of itself."""

from quillroom.api.openapi_directory import OPERATORS
from quillroom.api.openapi_parts import (
    NOT_SIGNED_IN,
    TEXT,
    TIME,
    Schema,
    answer,
    as_json,
    list_of,
    object_of,
    operation,
    ref,
)

_NUMBER: Schema = {"type": "integer", "minimum": 0}
_MEASURE: Schema = {"type": "number", "minimum": 0}
_BOOLEAN: Schema = {"type": "boolean"}
SCHEMAS: dict[str, Schema] = {
    "Instance": object_of(
        id={**TEXT, "description": "Another one with each start."},
        host=TEXT,
        pid={"type": "integer"},
        version=TEXT,
        started_at=TIME,
        seen_at=TIME,
        is_here={**_BOOLEAN, "description": "Heard of within 20 s; others are forgotten after ten minutes."},
        is_this={**_BOOLEAN, "description": "The one that answers."},
        mode={"enum": ["normal", "degraded"]},
        why={"type": ["string", "null"], "description": "Why it is degraded."},
        connections=object_of(sync=_NUMBER, live=_NUMBER),
        rooms={**_NUMBER, "description": "Open documents."},
        topics={**_NUMBER, "description": "Followed on /live."},
        loop_lag_ms={**_MEASURE, "description": "The longest that its event loop was held within five seconds."},
        rss_mb=_MEASURE,
        behind={**_NUMBER, "description": "Rows of the log that its open documents do not have yet."},
    ),
    "Instances": object_of(at=TIME, instances=list_of(ref("Instance"))),
}
PATHS: dict[str, Schema] = {
    "/api/instances": {
        "get": operation(
            "The servers of this installation",
            {
                "200": answer("The oldest first; times are by the database's clock.", as_json(ref("Instances"))),
                "401": NOT_SIGNED_IN,
                "403": OPERATORS,
            },
        )
    }
}
