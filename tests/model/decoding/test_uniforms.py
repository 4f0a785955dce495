"""Counter-based random numbers against SplitMix64 in plain Python."""

from __future__ import annotations

import torch

from model.decoding.uniforms import mix_seed, uniforms

MASK = 2**64 - 1


def finalise(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def test_they_are_splitmix64_at_a_counter() -> None:
    seeds = [mix_seed(seed) for seed in (0, 1, 2**63, 2**64 - 1, 12345678901234567890123)]
    steps = [0, 1, 77, 1000, 3]
    found = uniforms(torch.tensor(seeds), torch.tensor(steps), 64)
    for seed, step, row in zip(seeds, steps, found.tolist(), strict=True):
        for hypothesis, number in enumerate(row):
            counter = (step << 16) + hypothesis + 1
            expected = finalise((seed + counter * 0x9E3779B97F4A7C15) & MASK) >> 11
            assert number == expected / 2**53


def test_a_draw_does_not_depend_on_how_many_there_are() -> None:
    seed, step = torch.tensor([mix_seed(5), mix_seed(6)]), torch.tensor([3, 9])
    assert torch.equal(uniforms(seed, step, 64)[:, :3], uniforms(seed, step, 3))
    assert torch.equal(uniforms(seed, step, 3)[1:], uniforms(seed[1:], step[1:], 3))


def test_they_are_uniform_over_seeds_and_over_steps() -> None:
    count = 20_000
    over_seeds = uniforms(
        torch.tensor([mix_seed(seed) for seed in range(count)]), torch.zeros(count).long(), 2
    )
    over_steps = uniforms(torch.full((count,), mix_seed(0)), torch.arange(count), 2)
    for draws in (over_seeds, over_steps):
        assert draws.min() >= 0.0
        assert draws.max() < 1.0
        for column in draws.unbind(1):
            counts = torch.histc(column, bins=20, min=0.0, max=1.0)
            chi_square = ((counts - count / 20) ** 2 / (count / 20)).sum()
            assert chi_square < 43.8  # 19 degrees of freedom: exceeded once in a thousand
        correlation = torch.corrcoef(draws.T)[0, 1]
        assert abs(correlation) < 0.03  # four standard deviations
