"""From odd text to a checkpoint, or to an error that says what is wrong, through the command line."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from model.checkpoint import load_checkpoint
from model.cli import main
from model.config import load_recipe
from model.training.batching import plan_epoch
from model.training.mixture import plan_mixture
from model.training.prepared import PreparedCorpus
from tests.model.training.conftest import ENGLISH, GERMAN, spelt

RECIPE = """\
[data]
directory = "prepared"
{data}
[model]
embedding_size = 16
hidden_size = 16
attention_heads = 2
encoder_layers = 1
decoder_layers = 1
[training]
max_updates = 3
batch_tokens = 400
warmup_updates = 1
validate_every_updates = 3
validation_sentences = 2
precision = "float32"
device = "cpu"
{training}
"""


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def numbers(count: int) -> list[list[int]]:
    return [[int(digit) for digit in str(number)] for number in range(100, 100 + count)]


@pytest.fixture
def valid(tmp_path: Path) -> list[str]:
    files = write(tmp_path / "valid.de", "Wo?\n"), write(tmp_path / "valid.en", "Where?\n")
    return ["--valid", "de-en", *files]


def prepare(folder: Path, corpus: list[str], valid: list[str], size: int = 290) -> int:
    options = ["--output", str(folder / "prepared"), "--vocabulary-size", str(size), "--segmentations", "2"]
    options += ["--placeholders", "0"]
    return main(["prepare", "--corpus", *corpus, *valid, *options])


def train(folder: Path, data: str = "", training: str = "") -> int:
    recipe = write(folder / "recipe.toml", RECIPE.format(data=data, training=training))
    return main(["train", recipe, "--output", str(folder / "run")])


@pytest.mark.usefixtures("capsys")
def test_a_corpus_of_one_sentence_trains(tmp_path: Path, valid: list[str]) -> None:
    files = write(tmp_path / "a.de", "Ja, gern.\n"), write(tmp_path / "a.en", "Yes, please.\n")
    assert prepare(tmp_path, ["de-en", *files], valid, size=275) == 0
    assert train(tmp_path, training='consistency = "r_drop"\nscheduled_sampling = 0.5') == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "checkpoint")
    assert checkpoint.directions == (("de", "en"), ("en", "de"))


@pytest.mark.parametrize("empty", ["a.de", "valid.de", "both"])
def test_an_empty_file_is_named(
    empty: str, tmp_path: Path, valid: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    files = write(tmp_path / "a.de", "Ja.\n"), write(tmp_path / "a.en", "Yes.\n")
    for name in ("a.de", "a.en") if empty == "both" else (empty,):
        write(tmp_path / name, "")
    assert prepare(tmp_path, ["de-en", *files], valid) == 2
    error = capsys.readouterr().err
    name = "a.de" if empty == "both" else empty
    assert f"{tmp_path / name} and" in error if empty == "both" else f"{tmp_path / name} has 0 lines" in error
    assert not (tmp_path / "prepared").exists()


def test_a_corrupt_line_is_left_out_and_counted_and_the_rest_trains(
    tmp_path: Path, valid: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"{left}\t{right}".encode() for left, right in zip(*both_sides(30), strict=True)]
    rows[3:3] = [b"gr\xfcn\tgreen", b"no tab here", b"three\tcolumns\there", b"\x00\x01\t", b""]
    file = write(tmp_path / "a.tsv", b"\n".join(rows))
    assert prepare(tmp_path, ["de-en", file], valid) == 0
    report = json.loads((tmp_path / "prepared" / "corpus.json").read_text(encoding="utf-8"))["report"][0]
    assert (report["read"], report["kept"]) == (35, 30)
    assert report["dropped"] == {"not two columns": 3, "not UTF-8": 1, "a side is empty": 1}
    assert train(tmp_path) == 0
    assert "error" not in capsys.readouterr().err


@pytest.mark.usefixtures("capsys")
def test_pairs_of_languages_a_hundred_to_one_apart_can_be_evened_out(tmp_path: Path) -> None:
    german, english = both_sides(200)
    files = [
        write(tmp_path / name, "".join(f"{line}\n" for line in lines))
        for name, lines in (
            ("a.de", german),
            ("a.en", english),
            ("a.fr", ["cent", "mille"]),
            ("b.en", ["hundred", "thousand"]),
        )
    ]
    valid = [
        word
        for pair in ("de-en", "fr-en")
        for word in ("--valid", pair, write(tmp_path / "v.1", "Wo?\n"), write(tmp_path / "v.2", "Where?\n"))
    ]
    arguments = ["de-en", files[0], files[1], "--corpus", "fr-en", files[2], files[3]]
    assert prepare(tmp_path, arguments, [*valid, "--direction", "de-en", "--direction", "fr-en"]) == 0
    assert train(tmp_path, data="temperature = 5.0\nepoch_pairs = 120") == 0
    recipe = load_recipe(tmp_path / "recipe.toml")
    corpus = PreparedCorpus.load(recipe.data.directory)
    epoch = plan_epoch(corpus.dataset, recipe.training, 0, plan_mixture(corpus, recipe.data))
    share = 100 ** (1 / 5)
    assert epoch.dataset.origins is not None
    drawn = Counter(epoch.dataset.origins[:, 1].tolist())
    assert drawn[0] / drawn[1] == pytest.approx(share, rel=0.2)
    assert load_checkpoint(tmp_path / "run" / "checkpoint").directions == (("de", "en"), ("fr", "en"))


@pytest.mark.parametrize(
    ("data", "training", "reason"),
    [
        ('directions = ["fr-en"]', "", "data.directions: fr-en is not in"),
        ('directions = ["german"]', "", "data.directions.0: String should match pattern"),
        ("temperature = 0.5", "", "data.temperature: Input should be greater than or equal to 1"),
        (
            "weights = { tatoeba = 1.0 }",
            "",
            "data.weights: 'tatoeba' is no corpus; the corpora are 'de-en a.tsv'",
        ),
        ("", 'consistency = "rdrop"', "training.consistency: Input should be 'none', 'r_drop' or 'simcut'"),
        ("", 'initialize_from = "nowhere"', "training.initialize_from: "),
        ("", "max_sentence_tokens = 3", "no training pair has at most 3 tokens a side"),
    ],
)
def test_a_recipe_that_does_not_fit_the_corpus_says_where(
    data: str,
    training: str,
    reason: str,
    tmp_path: Path,
    prepared_once: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "prepared").symlink_to(prepared_once)
    assert train(tmp_path, data, training) == 2
    assert reason in capsys.readouterr().err


@pytest.fixture(scope="module")
def prepared_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("odd")
    file = write(
        folder / "a.tsv", "".join(f"{one}\t{other}\n" for one, other in zip(*both_sides(30), strict=True))
    )
    valid = write(folder / "v.de", "Wo?\n"), write(folder / "v.en", "Where?\n")
    assert prepare(folder, ["de-en", file], ["--valid", "de-en", *valid]) == 0
    return folder / "prepared"


@pytest.mark.usefixtures("capsys")
def test_a_run_of_one_direction_is_fine_tuned_in_the_other(tmp_path: Path, prepared_once: Path) -> None:
    (tmp_path / "prepared").symlink_to(prepared_once)
    assert train(tmp_path) == 0
    (tmp_path / "run").rename(tmp_path / "both")
    tuned = 'initialize_from = "both/checkpoint"'
    assert train(tmp_path, 'directions = ["en-de"]', tuned) == 0
    first, second = (load_checkpoint(tmp_path / run / "checkpoint") for run in ("both", "run"))
    assert second.directions == (("en", "de"),)
    assert second.config.training["initialized_from"] == first.digest


def both_sides(count: int) -> tuple[list[str], list[str]]:
    return spelt(numbers(count), GERMAN).splitlines(), spelt(numbers(count), ENGLISH).splitlines()
