"""One recurrent layer: fused over whole sequences, or step by step from the same weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from model import fused
from model.config import CellKind


class RecurrentLayer(nn.Module):
    """The common form of all cells: one direction, optionally with a layer norm on its input.

    Between two steps a hypothesis keeps ``slots`` vectors of the layer, the first of them its output.

    Args:
        inputs: width of the input.
        norm: whether the input is layer-normed first.

    Attributes:
        weight_drop: share of the recurrent weights zeroed in training, one draw for all rows and positions of
            a call (DropConnect: Wan et al. 2013; Merity et al. 2018).
    """

    slots: ClassVar[int] = 1

    def __init__(self, inputs: int, *, norm: bool) -> None:
        super().__init__()
        self.weight_drop = 0.0
        self.norm = nn.LayerNorm(inputs) if norm else nn.Identity()

    def forward(self, x: Tensor, start: Tensor | None = None, context: Tensor | None = None) -> Tensor:
        """Outputs at every position.

        Args:
            x: ``[batch, positions, inputs]``.
            start: the hidden state before the first, ``[batch, outputs]``; zeros where None. An LSTM's cell
                starts empty.
            context: appended to the (normed) input, ``[batch, positions, context]``.
        """
        x = self._input(x, context)
        fused = self._fused()
        if start is None:
            start = x.new_zeros(x.shape[0], fused.hidden_size)
        return self._run(x, start[None].to(x.dtype).contiguous())

    def step(self, x: Tensor, state: Sequence[Tensor], context: Tensor | None = None) -> tuple[Tensor, ...]:
        """The state of every hypothesis one position later; all arguments ``[batch, beam, width]``."""
        rows = self._input(x, context).flatten(0, 1)
        new = self._advance(rows, [part.flatten(0, 1) for part in state])
        return tuple(part.view(state[0].shape) for part in new)

    def _fused(self) -> nn.RNNBase:
        """The module that holds the weights."""
        raise NotImplementedError

    def _run(self, x: Tensor, hidden: Tensor) -> Tensor:
        """Outputs for ``x`` from ``hidden`` ``[1, batch, outputs]``, in one fused call."""
        if x.is_cuda and torch.is_autocast_enabled("cuda"):
            # Autocast would have cuDNN compute in float16, whatever else computes in; nobody scales gradients
            # for its small range. In float32 cuDNN multiplies as TF32, which has the range.
            with torch.autocast("cuda", enabled=False):
                return self._run(x.float(), hidden.float())
        fused, start = self._fused(), self._start(hidden)
        if not self.training or not self.weight_drop:
            out: Tensor = fused(x, start)[0]
            return out
        # As the module calls it: biases, one layer, no dropout inside, training, one direction, batch first.
        return self._operator(x, start, self._weights(), True, 1, 0.0, True, False, True)[0]

    def _weights(self) -> list[Tensor]:
        """Of input, hidden state and their biases, as a pass in training mode uses them."""
        weight_ih, weight_hh, *biases = self._fused().all_weights[0]
        return [weight_ih, F.dropout(weight_hh, self.weight_drop), *biases]

    def _start(self, hidden: Tensor) -> Any:
        """What the fused call begins with, from the hidden state."""
        return hidden

    @staticmethod
    def _operator(*arguments: Any) -> tuple[Tensor, ...]:
        """The fused call with explicit weights."""
        raise NotImplementedError

    def _advance(self, x: Tensor, state: list[Tensor]) -> tuple[Tensor, ...]:
        """One step of rows ``[rows, width]``."""
        raise NotImplementedError

    def _input(self, x: Tensor, context: Tensor | None) -> Tensor:
        normed: Tensor = self.norm(x)
        return normed if context is None else torch.cat([normed, context], -1)


class LSTMLayer(RecurrentLayer):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000); slots: hidden state, cell."""

    slots = 2

    def __init__(self, inputs: int, outputs: int, *, context: int = 0, norm: bool = False) -> None:
        super().__init__(inputs, norm=norm)
        self.lstm = nn.LSTM(inputs + context, outputs, batch_first=True)

    def _fused(self) -> nn.RNNBase:
        return self.lstm

    def _run(self, x: Tensor, hidden: Tensor) -> Tensor:
        possible = fused.fits(self.lstm.input_size, self.lstm.hidden_size)
        if self.training and possible and fused.usable(x, fused.autocast_dtype(x)):
            return fused.lstm(x, hidden[0], *self._weights())
        return super()._run(x, hidden)

    def _start(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        return hidden, torch.zeros_like(hidden)

    @staticmethod
    def _operator(*arguments: Any) -> tuple[Tensor, ...]:
        return torch.lstm(*arguments)

    def _advance(self, x: Tensor, state: list[Tensor]) -> tuple[Tensor, ...]:
        return torch.lstm_cell(x, state, *self.lstm.all_weights[0])


class GRULayer(RecurrentLayer):
    """Gated recurrent unit (Cho et al. 2014), the reset gate after the matrix product, as cuDNN has it."""

    def __init__(self, inputs: int, outputs: int, *, context: int = 0, norm: bool = False) -> None:
        super().__init__(inputs, norm=norm)
        self.gru = nn.GRU(inputs + context, outputs, batch_first=True)

    def _fused(self) -> nn.RNNBase:
        return self.gru

    @staticmethod
    def _operator(*arguments: Any) -> tuple[Tensor, ...]:
        return torch.gru(*arguments)

    def _advance(self, x: Tensor, state: list[Tensor]) -> tuple[Tensor, ...]:
        return (torch.gru_cell(x, state[0], *self.gru.all_weights[0]),)


class TanhLayer(RecurrentLayer):
    """The plain recurrent network (Elman 1990): ``h' = tanh(W x + U h + b)``."""

    def __init__(self, inputs: int, outputs: int, *, context: int = 0, norm: bool = False) -> None:
        super().__init__(inputs, norm=norm)
        self.rnn = nn.RNN(inputs + context, outputs, batch_first=True)

    def _fused(self) -> nn.RNNBase:
        return self.rnn

    @staticmethod
    def _operator(*arguments: Any) -> tuple[Tensor, ...]:
        return torch.rnn_tanh(*arguments)

    def _advance(self, x: Tensor, state: list[Tensor]) -> tuple[Tensor, ...]:
        return (torch.rnn_tanh_cell(x, state[0], *self.rnn.all_weights[0]),)


CELLS: dict[CellKind, type[LSTMLayer] | type[GRULayer] | type[TanhLayer]] = {
    "lstm": LSTMLayer,
    "gru": GRULayer,
    "rnn": TanhLayer,
}


def set_weight_drop(network: nn.Module, share: float) -> int:
    """Set ``weight_drop`` of every recurrent layer of ``network``; how many it has."""
    layers = [module for module in network.modules() if isinstance(module, RecurrentLayer)]
    for layer in layers:
        layer.weight_drop = share
    return len(layers)
