"""What is measured: named loads with exact numbers, the same for every server."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """Documents, people in each, how many of them type and how often (updates per second each)."""

    name: str
    title: str
    docs: int
    clients: int
    writers: int
    rate: float = 1.0
    mode: str = "open"
    awareness: bool = False

    def settings(self, *, quick: bool) -> dict[str, str]:
        """The load generator's command line."""
        warm, seconds = (1.0, 3.0) if quick else (2.0, 8.0)
        return {
            "--mode": self.mode,
            "--docs": str(self.docs),
            "--clients": str(self.clients),
            "--writers": str(self.writers),
            "--rate": str(self.rate),
            "--awareness": str(int(self.awareness)),
            "--warm": str(warm),
            "--seconds": str(seconds),
        }


TYPING = (
    Scenario("s1-100", "One writer, 100 readers, 20 updates/s", 1, 101, 1, 20.0),
    Scenario("s1-1000", "One writer, 1000 readers, 10 updates/s", 1, 1001, 1, 10.0),
    Scenario("s2", "200 writers in one document, 2 updates/s each", 1, 200, 200, 2.0),
    Scenario("s3", "200 documents x 5 people, 1000 updates/s", 200, 5, 5, 1.0),
    Scenario("s3x4", "200 documents x 5 people, 4000 updates/s", 200, 5, 5, 4.0),
    Scenario("s3x10", "200 documents x 5 people, 10,000 updates/s", 200, 5, 5, 10.0),
    Scenario("s3-closed", "200 documents x 5 people, one update in flight", 200, 5, 5, 1, "closed"),
    Scenario("s3-awareness", "S3 with awareness on every update", 200, 5, 5, 1.0, awareness=True),
)
IDLE = Scenario("s5", "2000 connections that do nothing", 20, 100, 0, mode="idle")
TRACE = Scenario("s4", "A paper of 259,778 edits is opened", 1, 50, 0, mode="document")
ALL = (*TYPING, TRACE, IDLE)
