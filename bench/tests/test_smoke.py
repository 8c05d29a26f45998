"""The benchmark itself works: a small load on our own server gives sane numbers."""

import shutil

import pytest

from bench import runs
from bench.scenarios import Scenario
from bench.server import running
from bench.targets import QUILLROOM

needs_compiler = pytest.mark.skipif(
    not any(shutil.which(name) for name in ("cc", "gcc", "clang")),
    reason="the load generator is C and there is no C compiler here",
)
TWO_PAIRS = Scenario("smoke", "Two documents, two people in each", 2, 2, 2, rate=10.0)


@needs_compiler
def test_everything_two_pairs_of_people_type_is_delivered_and_kept() -> None:
    with running(QUILLROOM) as server:
        result = runs.survey(server, TWO_PAIRS, {"--warm": "0.5", "--seconds": "1.5"})
    assert runs.losses(result) == []
    assert result["typed"] == 2 * 2 * 10 * 2
    assert result["delivered"] == result["typed"]
    assert 0 < float(str(result["p50_ms"])) <= float(str(result["max_ms"]))
    assert float(str(result["rss_kb"])) > 10_000


@needs_compiler
def test_a_lost_update_or_a_late_generator_makes_a_run_invalid() -> None:
    with running(QUILLROOM) as server:
        result = runs.survey(server, TWO_PAIRS, {"--warm": "0.2", "--seconds": "0.3"})
    assert runs.losses(result) == []
    assert runs.lateness({**result, "lag_p99_ms": 1.0}) == []
    assert runs.lateness({**result, "lag_p99_ms": 25.0}) != []
    lost = {**result, "delivered": int(str(result["delivered"])) - 1}
    assert runs.losses(lost) != []
