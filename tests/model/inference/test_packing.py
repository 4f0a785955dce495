"""Packed weights say what was packed, and unusual shapes are refused."""

from __future__ import annotations

import importlib.machinery

import pytest
import torch
from torch import Tensor

from model.build import build_model
from model.config import ModelConfig
from model.errors import KernelError
from model.inference import decoding_network, library, precision_of, trained_dtype
from model.inference.network import PackedSeq2Seq
from model.inference.packing import PackedLinear, by_gate, quantise
from tests.model.inference.conftest import build


def unpack(packed: PackedLinear) -> list[Tensor]:
    """The weights of each segment, by walking through the bytes one by one."""
    data, columns = packed.packed.tolist(), packed.scale.shape[1]
    weights = [torch.empty(columns, width) for width in packed.widths]
    place = 0
    for panel in range(columns // 64):
        for segment, width in enumerate(packed.widths):
            for quad in range(width // 4):
                for column in range(64 * panel, 64 * panel + 64):
                    for i in range(4):
                        level = data[place] - 128
                        weights[segment][column, 4 * quad + i] = level * packed.scale[segment, column]
                        place += 1
    assert place == len(data)
    return weights


def test_packed_weights_are_the_weights_to_half_a_level() -> None:
    segments = [torch.randn(100, 16), 5 * torch.randn(100, 32)]
    packed = PackedLinear.of(segments, torch.randn(100))
    for weight, found in zip(segments, unpack(packed), strict=True):
        half_level = weight.abs().amax(1, keepdim=True) / 127 / 2
        assert ((found[:100] - weight).abs() <= half_level * 1.001).all()
        assert not found[100:].any()
    assert packed.bias is not None
    assert (packed.bias[100:] == -torch.inf).all()


def test_an_output_without_weights_has_none_packed() -> None:
    weight = torch.randn(3, 16)
    weight[1] = 0.0
    levels, scale = quantise(weight)
    assert not levels[1].any()
    assert scale[1] == 0.0
    assert levels.abs().amax(1)[[0, 2]].tolist() == [127, 127]


def test_a_panel_holds_all_gates_of_sixteen_units() -> None:
    gates, units = 4, 32
    rows = torch.arange(gates * units)
    order = by_gate(rows).view(-1, gates, 16)
    for group, panel in enumerate(order.tolist()):
        for gate, members in enumerate(panel):
            assert members == [gate * units + group * 16 + unit for unit in range(16)]


def test_odd_widths_are_refused() -> None:
    with pytest.raises(ValueError, match="a multiple of 16"):
        PackedLinear.of([torch.zeros(4, 24)])


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    ("shape", "complaint"),
    [
        ({"cell": "gru"}, "this network has gru cells and attention multi_head"),
        ({"attention": "additive", "attention_heads": 4}, "attention additive"),
        ({"embedding_size": 24}, "embedding_size 24"),
        ({"attention_heads": 8}, "of an attention head 8"),
        ({"decoder_layers": 10}, "up to 8 layers"),
    ],
)
def test_networks_that_the_kernels_do_not_know_are_refused(shape: dict[str, int], complaint: str) -> None:
    network = build(**shape)
    with pytest.raises(KernelError, match=complaint):
        PackedSeq2Seq(network)
    assert decoding_network(network, "auto") is network
    with pytest.raises(KernelError, match="precision int8: "):
        decoding_network(network, "int8")


def test_a_transformer_decodes_as_it_is() -> None:
    network = build_model(ModelConfig(architecture="transformer", vocabulary_size=40, hidden_size=32)).eval()
    assert decoding_network(network, "auto") is network
    with pytest.raises(KernelError, match="not a transformer"):
        decoding_network(network, "int8")


def test_other_precisions_are_the_networks_own() -> None:
    network = build()
    assert decoding_network(network, "float32") is network
    assert precision_of(network) == "float32"
    assert trained_dtype("float16") is torch.float16
    assert trained_dtype("auto") is trained_dtype("int8") is torch.float32


@pytest.mark.parametrize(("supported", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_gpu_computes_in_bfloat16_if_it_can(
    supported: bool, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: supported)
    assert trained_dtype("auto", "cuda") is dtype
    assert trained_dtype("float32", "cuda") is torch.float32
    assert trained_dtype("auto", torch.device("cpu")) is torch.float32


def test_without_kernels_the_trained_network_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.machinery, "EXTENSION_SUFFIXES", [".none"])
    library.load_library.cache_clear()
    try:
        network = build()
        assert decoding_network(network, "auto") is network
        with pytest.raises(KernelError, match="no C\\+\\+ compiler"):
            decoding_network(network, "int8")
    finally:
        library.load_library.cache_clear()
