"""LitServe: its dynamic batching around the decoding of a list of sentences."""

# Annotations are left as they are: LitServe reads those of decode_request to find out what requests are.
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import litserve
import torch
from fastapi import Request

from model.checkpoint import load_checkpoint
from model.decoding import CONTROL_IDS, decode
from model.inference import decoding_network, trained_dtype


@dataclass(frozen=True)
class Plan:
    """What to serve, and how.

    Attributes:
        checkpoint: a folder.
        target: the language to translate into.
        precision: what to compute in, as the service's setting.
        port: where to listen.
        max_batch_size: requests of a batch.
        batch_timeout: seconds that a batch waits to be filled.
    """

    checkpoint: str
    target: str
    precision: str
    port: int
    max_batch_size: int
    batch_timeout: float


class TranslationAPI(litserve.LitAPI):  # type: ignore[misc]  # the library has no types here
    """``POST /translate`` with bodies like the service's, of one text each.

    Args:
        plan: see there.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            max_batch_size=plan.max_batch_size, batch_timeout=plan.batch_timeout, api_path="/translate"
        )
        self._plan = plan

    def setup(self, device: str) -> None:
        """Load the checkpoint; called in the process that computes."""
        torch.set_num_threads(1)
        plan = self._plan
        checkpoint = load_checkpoint(Path(plan.checkpoint), dtype=trained_dtype(plan.precision))  # type: ignore[arg-type]
        self._tokenizer = checkpoint.tokenizer
        self._options = checkpoint.decoding
        self._network = decoding_network(checkpoint.model, plan.precision, checkpoint.shortlists)  # type: ignore[arg-type]
        self._forbidden = CONTROL_IDS | {self._tokenizer.tag(code) for code in self._tokenizer.languages}

    def decode_request(self, request: Request) -> str:
        """The text of a request."""
        (text,) = request["q"]
        return str(text)

    def batch(self, inputs: list[str]) -> list[str]:
        """A batch is a list."""
        return inputs

    def predict(self, texts: list[str]) -> list[str]:
        """Translate a batch."""
        sources = [self._tokenizer.source_ids(text, self._plan.target) for text in texts]
        translations = decode(
            self._network,
            sources,
            self._options,
            forbidden=self._forbidden,
            max_rows=len(sources),
            max_padded_tokens=1 << 20,
        )
        return [self._tokenizer.decode(translation.best.tokens) for translation in translations]

    def unbatch(self, output: list[str]) -> list[str]:
        """One translation for each request."""
        return output

    def encode_response(self, output: str):  # type: ignore[no-untyped-def]  # see above
        """An answer like the service's."""
        return {"translatedText": [output]}


def main() -> None:
    """Serve until told to end."""
    plan = Plan(**json.loads(sys.argv[1]))
    server = litserve.LitServer(
        TranslationAPI(plan), accelerator="cpu", devices=1, timeout=False, healthcheck_path="/ready"
    )
    server.run(host="127.0.0.1", port=plan.port, log_level="error", generate_client_file=False)


if __name__ == "__main__":
    main()
