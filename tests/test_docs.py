"""The documents say what is so: their links lead somewhere, and what they list exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from service.metrics import Metrics

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "benchmarks/README.md"])


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_to_files_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert not missing


def test_the_metrics_document_lists_every_metric_and_no_other() -> None:
    registry = CollectorRegistry()
    Metrics(registry, tuple)
    exposed = {
        metric.name + ("_total" if metric.type == "counter" else "")
        for metric in registry.collect()
        if metric.name.startswith(("translation_", "http_"))
    }
    text = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))
    assert listed == exposed
