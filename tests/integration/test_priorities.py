"""``priority`` and ``deadline_ms``, from a client's request to what the engine does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.running_service import RunningService, running_service

LONG = "ein sehr langer Satz ohne ein Ende " * 3
JOB = [LONG] * 300


@pytest.fixture(scope="module")
def service(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    log = tmp_path_factory.mktemp("service") / "log"
    with running_service(tiny_checkpoint, log, {"cache_segments": 0, "second_tries": "false"}) as service:
        yield service


def test_short_requests_are_answered_while_a_bulk_job_goes_on_and_it_is_done_too(
    service: RunningService,
) -> None:
    with ThreadPoolExecutor(1) as clients:
        job = clients.submit(service.translate, JOB, priority="bulk")
        service.wait_for_metric("translation_queue_segments", len(JOB) // 2)
        short = [service.translate("Hund") for _ in range(3)]
        assert not job.done(), "the requests waited for the job"
        answer = job.result()
    assert [each.status_code for each in short] == [200] * 3
    assert answer.status_code == 200
    assert len(answer.json()["translatedText"]) == len(JOB)
    for priority, segments in (("interactive", 3), ("bulk", len(JOB))):
        assert service.metric("translation_queue_seconds_count", {"priority": priority}) == segments


def test_a_job_that_is_not_done_by_its_deadline_ends_then_and_leaves_nothing_behind(
    service: RunningService,
) -> None:
    answer = service.translate(JOB, priority="bulk", deadline_ms=60)
    assert answer.status_code == 504
    assert service.translate("Hund").status_code == 200
    assert service.metric("translation_queue_segments") == 0
    assert service.metric("translation_running_segments") == 0
