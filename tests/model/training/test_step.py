"""The end of an update in one pass, against PyTorch's clipping, AdamW and averaging."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from model import fused
from model.config import TrainingConfig
from model.fused.choice import available
from model.training.averaging import moving_average
from model.training.optimizer import build_optimizer
from model.training.step import FusedStep, PlainStep, build_step
from model.training.zeros import Zeros

UPDATES = 12


@pytest.fixture
def kernels() -> Iterator[None]:
    """Skips what needs the kernels where there are none."""
    if not available():
        pytest.skip("no compiled kernels for this machine")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Run:
    """A small network whose gradients are the same in every run; its third layer never gets one."""

    def __init__(self, kind: type[PlainStep], config: TrainingConfig) -> None:
        torch.manual_seed(4)
        self.model = nn.ModuleDict(
            {"embedding": nn.Embedding(7, 5), "layer": nn.Linear(5, 37), "unused": nn.Linear(3, 3)}
        )
        self.average = moving_average(self.model, config.ema_decay)
        self.optimizer = build_optimizer(self.model, config)
        self.step = kind(self.model, self.average, self.optimizer, config)
        self.random = torch.Generator().manual_seed(1)
        self.norms: list[float] = []

    def update(self, scale: float, zeros: Zeros | None = None) -> None:
        for name, weights in self.model.named_parameters():
            if "unused" not in name:
                weights.grad = scale * torch.randn(weights.shape, generator=self.random)
        self.norms.append(self.step.norm())
        self.step.take(self.norms[-1], zeros or Zeros())

    def tensors(self) -> dict[str, Tensor]:
        """All that a saved state of the run would hold."""
        state = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        state |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, values in self.optimizer.state_dict()["state"].items():
            state |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
        return state


def configured(**changes: float) -> TrainingConfig:
    return TrainingConfig(learning_rate=0.01, weight_decay=0.1, **changes)


def assert_same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert tensor.dtype == theirs[name].dtype
        torch.testing.assert_close(tensor, theirs[name], rtol=2e-6, atol=1e-7)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("decay", [0.0, 0.9])
@pytest.mark.parametrize("scale", [0.01, 100.0])  # below the norm that is clipped to, and above
def test_one_pass_is_clipping_then_adamw_then_the_average(scale: float, decay: float) -> None:
    config = configured(ema_decay=decay, gradient_clip_norm=5.0)
    runs = Run(FusedStep, config), Run(PlainStep, config)
    for run in runs:
        for _ in range(UPDATES):
            run.update(scale)
    assert runs[0].norms == pytest.approx(runs[1].norms, rel=1e-5)
    assert_same(runs[0].tensors(), runs[1].tensors())
    weights, start = (run.model.get_parameter("layer.weight") for run in (runs[0], Run(PlainStep, config)))
    assert not torch.equal(weights, start)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("kinds", [(FusedStep, PlainStep), (PlainStep, FusedStep)])
def test_a_run_goes_on_from_the_state_of_the_other(kinds: tuple[type[PlainStep], type[PlainStep]]) -> None:
    config = configured(ema_decay=0.9)
    before, after, unbroken = Run(kinds[0], config), Run(kinds[1], config), Run(kinds[1], config)
    for _ in range(3):
        before.update(1.0)
        unbroken.update(1.0)
    after.model.load_state_dict(before.model.state_dict())
    after.average.load_state_dict(before.average.state_dict())
    after.optimizer.load_state_dict(before.optimizer.state_dict())
    after.random = before.random
    for run in (after, unbroken):
        for _ in range(3):
            run.update(1.0)
    assert_same(after.tensors(), unbroken.tensors())


@pytest.mark.usefixtures("kernels")
def test_weights_that_stay_zero_are_zero_in_the_average_too() -> None:
    config = configured(ema_decay=0.9)
    runs = Run(FusedStep, config), Run(PlainStep, config)
    for run in runs:
        for module in (run.model, run.average.module):
            with torch.no_grad():
                module.get_parameter("layer.weight")[::2] = 0.0
        zeros = Zeros(run.model)
        for _ in range(UPDATES):
            run.update(1.0, zeros)
        assert not run.average.module.get_parameter("layer.weight")[::2].any()
    assert_same(runs[0].tensors(), runs[1].tensors())


@pytest.mark.usefixtures("kernels")
def test_one_pass_is_for_bfloat16_on_one_thread() -> None:
    def kind(precision: str) -> type[object]:
        config = TrainingConfig.model_validate({"precision": precision})
        run = Run(PlainStep, config)
        return type(build_step(run.model, run.average, run.optimizer, config))

    assert kind("bfloat16") is FusedStep
    assert kind("float32") is PlainStep
    torch.set_num_threads(2)
    assert kind("bfloat16") is PlainStep


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("count", [1, 15, 16, 1000])
def test_squares_are_added_up(count: int) -> None:
    x = torch.randn(count)
    assert fused.square_sum(x) == pytest.approx(float(x.double().square().sum()), rel=1e-12)


@pytest.mark.usefixtures("kernels")
def test_what_is_not_a_number_reaches_the_norm() -> None:
    run = Run(FusedStep, configured())
    run.model["layer"].weight.grad = torch.full((37, 5), torch.nan)
    assert not run.step.norm() >= 0
