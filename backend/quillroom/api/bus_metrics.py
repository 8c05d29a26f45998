"""What goes between servers, in numbers."""

from quillroom.api.exposition import counter, counters, gauge, histogram
from quillroom.services.relay import Relay


def bus(relay: Relay) -> list[str]:
    """Nothing where there is no bus."""
    if not relay.is_shared:
        return []
    counted = relay.counters
    return [
        *gauge("quillroom_bus_connected", "1 while other servers hear at once what is committed.", relay.is_connected),
        *counters("quillroom_bus_published_total", "Messages to other servers.", "kind", counted["published"]),
        *counters("quillroom_bus_received_total", "Messages of other servers.", "kind", counted["received"]),
        *counters("quillroom_bus_rejected_total", "Messages that were not understood.", "kind", counted["rejected"]),
        *counters(
            "quillroom_bus_gaps_total", "Messages that were missing and read in the log.", "plane", counted["gaps"]
        ),
        *counters("quillroom_bus_dropped_total", "Messages that were not carried, by why.", "why", relay.dropped),
        *counter("quillroom_bus_reconnects_total", "How often Redis was found again.", relay.reconnects),
        *histogram("quillroom_bus_ping_seconds", "Until what was published came back.", relay.ping_seconds),
    ]
