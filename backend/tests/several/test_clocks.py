"""F13: servers whose clocks differ by hours. Order comes from the log, never from a clock."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.storm import Storm
from support.trial import Trial

SKEWED = Path(__file__).parents[1] / "support" / "skewed_server.py"


@pytest.mark.nightly
@pytest.mark.parametrize("hours", [-1, 1])
async def test_f13_g3_g4_a_server_whose_clock_is_an_hour_off_takes_part(
    hours: int, storms: Callable[..., Storm], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storm = storms()
    storm[1].stop()
    monkeypatch.setenv("SKEW_SECONDS", str(hours * 3600))
    storm[1].script = SKEWED
    storm[1].start()
    async with Trial(storm, tmp_path, typists=3, talkers=3) as trial:
        await trial.during(trial.has_enough())
        found = await trial.ends()
    assert found["typed"] == found["saved"]
    assert found["said"] == found["sent"]
    spread = storm.servers.sql("SELECT max(at) - min(at) FROM document_update")
    assert spread[0][0] > 3000  # the premise: what it wrote bears its own time
