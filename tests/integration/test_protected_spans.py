"""Protected spans through the bundled network, which knows no placeholders: attention places them."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from service.engine.request import Priority
from service.job import Job
from service.loading import load_registry
from service.metrics import Metrics
from service.settings import Settings
from service.text.annotated import AnnotatedTranslation, Placement, plain
from service.translator import Translator
from tests.service.spans_in_texts import texts
from tests.service.test_protected_spans import check

BUNDLED = Path(__file__).parents[2] / "checkpoints" / "to-english"
SENTENCES = (
    "Ich mag Hunde 🐶 und Katzen 🐱.",
    "Besuche heute https://example.com/a?b=c im Park.",
    "Schreib mir an max@example.de, bitte.",
    "Hallo {name}, du hast %d neue Bücher!",
)


async def translate(originals: list[str]) -> list[AnnotatedTranslation]:
    settings = Settings(checkpoints=(BUNDLED,), beam_size=2)
    metrics = Metrics(CollectorRegistry(), lambda: ())
    registry = await load_registry(settings, metrics, None)
    job = Job(plain(originals), "de", "en", 0, Priority.BULK, time.monotonic() + 300)
    outcome = await Translator(registry, settings, metrics).translate(job)
    for served in registry.served:
        await served.engine.drain(10)
    return [text.best for text in outcome.texts]


def test_the_bundled_network_keeps_all_spans() -> None:
    originals = [*SENTENCES, *texts(40, seed=11)]
    translations = asyncio.run(translate(originals))
    for original, translation in zip(plain(originals), translations, strict=True):
        check(original, translation)
    dogs, page, mail, name = translations[: len(SENTENCES)]
    assert re.fullmatch("I like dogs? 🐶 and cats? 🐱[.]", dogs.text), dogs.text
    for translation in (dogs, page, mail, name):
        assert {span.placement for span in translation.spans} <= {Placement.ALIGNMENT, Placement.NETWORK}
