"""Random weights to start training from."""

from __future__ import annotations

from torch import nn


def initialise(network: nn.Module) -> None:
    """Draw the weights of ``network`` afresh, module by module in their order.

    Embeddings are normal with variance ``1 / width``; recurrent matrices orthogonal, gate by gate (Saxe et
    al. 2014); other matrices Xavier-uniform (Glorot & Bengio 2010); biases zero, norms the identity.
    """
    for module in network.modules():
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)
        elif isinstance(module, nn.RNNBase):
            _initialise_recurrent(module)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _initialise_recurrent(module: nn.RNNBase) -> None:
    for name, parameter in module.named_parameters():
        gates = parameter.data.split(module.hidden_size)
        if "weight_hh" in name:
            for gate in gates:
                nn.init.orthogonal_(gate)
        elif "weight_ih" in name:
            nn.init.xavier_uniform_(parameter)
        else:
            nn.init.zeros_(parameter)
            if "bias_ih" in name and len(gates) > 1:
                # The second gate keeps what the unit holds, in an LSTM (i f g o) and in a GRU (r z n): open
                # from the start, it lets gradients through.
                gates[1].fill_(1.0)
