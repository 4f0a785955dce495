"""The comparison of architectures: each differs in what its name says, and a whole run of it works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks import architectures
from benchmarks.architecture_results import HEADINGS, ArchitectureResults, markdown
from benchmarks.architecture_runs import VARIANTS, Variant
from benchmarks.multi30k_scores import TEST, VALIDATION
from benchmarks.record import ROOT, Record
from model.build import build_model
from model.cli import main as model_main
from model.config import Recipe, load_recipe
from tests.benchmarks.test_multi30k import write
from tests.spelling import english, german

RECIPE = ROOT / "recipes/multi30k-architectures.toml"
TRAINED = ("lstm-multi_head", "lstm-none", "transformer")


@pytest.fixture
def base() -> Recipe:
    return load_recipe(RECIPE)


def test_every_network_can_be_built_and_those_with_gates_and_the_transformer_are_of_like_size(
    base: Recipe, tmp_path: Path
) -> None:
    sizes = {}
    for name in VARIANTS:
        network = build_model(Variant.of(name, base, tmp_path).recipe.model.with_vocabulary(4000))
        sizes[name] = sum(parameter.numel() for parameter in network.parameters())
    smallest = min(sizes, key=lambda name: sizes[name])
    assert smallest == "rnn-multi_head"  # of the same width, a quarter of the recurrent weights
    del sizes[smallest]
    assert max(sizes.values()) < 1.3 * min(sizes.values())


def test_networks_differ_from_the_recipe_in_their_shape_alone(base: Recipe, tmp_path: Path) -> None:
    shapes = set()
    for name in VARIANTS:
        recipe = Variant.of(name, base, tmp_path).recipe
        assert (recipe.data, recipe.training) == (base.data, base.training)
        assert recipe.model.hidden_size == base.model.hidden_size
        shapes.add(recipe.model.model_dump_json())
    assert len(shapes) == len(VARIANTS)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A tiny run over numbers in words."""
    for name, numbers in (("train", range(300)), (VALIDATION, range(300, 302)), (TEST, range(400, 402))):
        write(tmp_path / "texts" / f"{name}.en", tuple(map(english, numbers)))
        write(tmp_path / "texts" / f"{name}.de", tuple(map(german, numbers)))
    write(tmp_path / "texts" / "tok" / f"{TEST}.de", tuple(map(german, (400, 401))))
    _prepare(tmp_path)
    path = tmp_path / "recipe.toml"
    path.write_text(
        '[data]\ndirectory = "prepared"\ndirections = ["en-de"]\n'
        "[model]\nembedding_size = 16\nhidden_size = 16\nattention_heads = 2\n"
        "[training]\nmax_updates = 6\nbatch_tokens = 200\nlog_every_updates = 2\n"
        "validate_every_updates = 6\naverage_checkpoints = 0\nvalidation_sentences = 1\n",
        encoding="utf-8",
    )
    return path


def _prepare(folder: Path) -> None:
    texts = folder / "texts"
    corpus = ["--corpus", "en-de", str(texts / "train.en"), str(texts / "train.de")]
    valid = ["--valid", "en-de", str(texts / "val.en"), str(texts / "val.de")]
    output = ["--output", str(folder / "prepared"), "--vocabulary-size", "320", "--placeholders", "0"]
    assert model_main(["prepare", *corpus, *valid, *output]) == 0


def test_a_whole_comparison(recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output, runs = tmp_path / "record.json", tmp_path / "runs"
    common = [str(recipe), "--texts", str(tmp_path / "texts"), "--runs", str(runs)]
    assert architectures.main([*common, "--only", TRAINED[0], "--train-only"]) == 0
    state = (runs / TRAINED[0] / "state.safetensors").stat().st_mtime_ns
    measured = [*common, "--only", *TRAINED, "--repeats", "1", "--sentences", "1", "--output", str(output)]
    assert architectures.main(measured) == 0
    assert (runs / TRAINED[0] / "state.safetensors").stat().st_mtime_ns == state  # not trained again
    results = Record[ArchitectureResults].model_validate_json(output.read_text(encoding="utf-8")).results
    assert tuple(each.name for each in results.architectures) == TRAINED
    assert 0 < results.tokens <= 6 * 200
    for each in results.architectures:
        assert each.training_tokens_per_cpu_second.low > 0
        assert each.decoded_per_cpu_second.low <= each.decoded_per_cpu_second.high
    table = markdown(results)
    assert table.count("\n") == 2 + len(TRAINED)
    assert all(line.count("|") == len(HEADINGS) + 1 for line in table.splitlines())
    assert "Transformer" in capsys.readouterr().out


def test_more_updates_go_on_with_the_same_run(recipe: Path, tmp_path: Path) -> None:
    arguments = [str(recipe), "--texts", str(tmp_path / "texts"), "--runs", str(tmp_path / "runs")]
    arguments += ["--only", TRAINED[0], "--train-only"]
    for updates in (4, 8):
        assert architectures.main([*arguments, "--updates", str(updates)]) == 0
    variant = Variant.of(TRAINED[0], load_recipe(recipe), tmp_path / "runs")
    assert [record["update"] for record in variant.training_records()] == [2, 4, 6, 8]


def test_a_run_of_another_recipe_is_refused(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--texts", str(tmp_path / "texts"), "--runs", str(tmp_path / "runs")]
    arguments += ["--only", TRAINED[1]]
    assert architectures.main([str(recipe), *arguments, "--train-only"]) == 0
    recipe.write_text(recipe.read_text(encoding="utf-8") + "dropout = 0.5\n", encoding="utf-8")
    assert architectures.main([str(recipe), *arguments]) == 2
    assert "another recipe" in capsys.readouterr().err


def test_the_documented_table_is_that_of_the_record_it_links_to() -> None:
    document = (ROOT / "docs/architectures.md").read_text(encoding="utf-8")
    [link] = re.findall(r"\(\.\./(benchmarks/results/architectures-[^)]*\.json)\)", document)
    record = Record[ArchitectureResults].model_validate_json((ROOT / link).read_text(encoding="utf-8"))
    assert markdown(record.results) in document
    assert {each.name for each in record.results.architectures} == set(VARIANTS)
    assert f"{record.results.training.max_updates} updates" in document.replace("\n", " ")
    assert f"{record.results.tokens:,} source and target tokens" in document
