from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.errors import CorpusError
from model.plotting.curves import curves_figure, draw_curves, read_runs


def write_run(directory: Path, bleu: float, tail: str = "") -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for update in (50, 100, 150):
        values = {
            "loss": 9 - update / 50,
            "learning_rate": update / 1e5,
            "tokens_per_second": 1000.0 + update,
        }
        records.append({"kind": "train", "update": update, **values})
    for update in (100, 150):
        scores = {"bleu_de_en": bleu + 1, "bleu_en_de": bleu - 1, "bleu": bleu}
        records.append({"kind": "valid", "update": update, **scores})
    directory.mkdir(parents=True)
    lines = "".join(json.dumps(record) + "\n" for record in [*records, {"kind": "end", "update": 150}])
    (directory / "metrics.jsonl").write_text(lines + tail)
    return records


def curves(paths: list[Path]) -> list[dict[str, list[tuple[float, float]]]]:
    """The points of every line, by panel and label."""
    figure = curves_figure(read_runs(paths))
    return [
        {
            str(line.get_label()): list(map(tuple, np.asarray(line.get_xydata()).tolist()))
            for line in axes.lines
        }
        for axes in figure.axes
    ]


def test_the_curves_are_the_records(tmp_path: Path) -> None:
    records = write_run(tmp_path / "first", 20.0)
    write_run(tmp_path / "second", 30.0)
    panels = curves([tmp_path / "first", tmp_path / "second" / "metrics.jsonl"])
    for panel, key in zip(panels, ("loss", "bleu", "learning_rate", "tokens_per_second"), strict=True):
        assert list(panel) == ["first", "second"]
        assert panel["first"] == [(record["update"], record[key]) for record in records if key in record]
    assert panels[1]["second"] == [(100, 30.0), (150, 30.0)]


def test_one_run_shows_each_direction(tmp_path: Path) -> None:
    write_run(tmp_path / "run", 20.0)
    bleu = curves([tmp_path / "run"])[1]
    assert bleu == {
        "run": [(100, 20.0), (150, 20.0)],
        "de→en": [(100, 21.0), (150, 21.0)],
        "en→de": [(100, 19.0), (150, 19.0)],
    }


def test_runs_of_one_name_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    paths = [tmp_path / "a" / "run", tmp_path / "b" / "run"]
    for path in paths:
        write_run(path, 20.0)
    assert [run.name for run in read_runs(paths)] == [str(path) for path in paths]


def test_a_line_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    write_run(tmp_path / "run", 20.0, tail='{"kind": "train", "upd')
    [run] = read_runs([tmp_path / "run"])
    assert [record["update"] for record in run.train] == [50, 100, 150]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "has no records of training"),
        ("hello\n" * 2, "line 1 is not a record"),
        ('["kind"]\n{}\n', "line 1 is not a record"),
        ('{"kind": 3, "update": 4}\n', "line 1 is not a record"),
    ],
)
def test_a_file_that_is_something_else_is_named(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "metrics.jsonl").write_text(content)
    with pytest.raises(CorpusError, match=reason) as caught:
        read_runs([tmp_path])
    assert str(tmp_path / "metrics.jsonl") in str(caught.value)


def test_the_picture_has_its_size_and_its_names(tmp_path: Path) -> None:
    for name in ("first", "_under $1$"):
        write_run(tmp_path / name, 20.0)
    runs = read_runs([tmp_path / "first", tmp_path / "_under $1$"])
    with Image.open(io.BytesIO(draw_curves(runs, "png"))) as image:
        assert image.size == (1440, 921)
    svg = draw_curves(runs, "svg").decode()
    assert ">first<" in svg
    assert "_under $1$<" in svg
    assert svg.encode() == draw_curves(runs, "svg")
