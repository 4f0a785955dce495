# Everything a person runs. `make help` lists it.
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# Where pip finds PyTorch's CPU builds; for CUDA 13: TORCH_INDEX=https://download.pytorch.org/whl/cu130
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
CHECKPOINT ?= checkpoints/to-english
RECIPE ?= recipes/tatoeba-de-en.toml
RUN ?= runs/$(basename $(notdir $(RECIPE)))

BIN := .venv/bin
PIP := $(BIN)/pip --disable-pip-version-check
# PyTorch alone may come from another index, so no other package is looked up there.
INSTALL_TORCH := $(PIP) install -q --no-deps --retries 1 --extra-index-url $(TORCH_INDEX) $(shell grep '^torch==' requirements/service.txt)

# The clients on npm that the service is tested with; their tests are skipped where there is no npm.
NODE_CLIENTS := $(if $(shell command -v npm),tests/conformance/node/node_modules/.package-lock.json)

.DEFAULT_GOAL := help
.PHONY: help serve test check train bench lock clean

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

serve: .venv/.service ## start the service with the bundled model (HOST, PORT)
	HOST=$(HOST) PORT=$(PORT) $(BIN)/python -m service

test: .venv/.dev $(NODE_CLIENTS) ## run the tests
	$(BIN)/python -m pytest

check: .venv/.dev ## style, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

train: .venv/.train ## train RECIPE into RUN, or continue it there
	$(BIN)/python -m model train $(RECIPE) --output $(RUN) $(if $(wildcard $(RUN)/state.safetensors),--resume)

bench: .venv/.dev ## measure decoding and the service under load with CHECKPOINT, alone and beside peers
	$(BIN)/python -m benchmarks.run $(CHECKPOINT)
	$(BIN)/python -m benchmarks.peers $(CHECKPOINT)
	$(BIN)/python -m benchmarks.scheduling $(CHECKPOINT)

lock: .venv/.dev ## resolve the exact versions in requirements/ anew
	$(PIP) install -q pip-tools
	for set in service train dev; do \
	  CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile -q --upgrade --strip-extras --no-annotate --allow-unsafe \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	    $$([ $$set = service ] || echo --extra $$set) -o requirements/$$set.txt pyproject.toml && \
	  sed -i -e 's/^\(torch==[0-9.]*\)+.*/\1/' -e '/^dragoman @/d' requirements/$$set.txt || exit 1; \
	done

tests/conformance/node/node_modules/.package-lock.json: tests/conformance/node/package-lock.json
	cd tests/conformance/node && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch ../../../$@ \
	  || echo "the clients could not be installed; the tests that need them will say that they were skipped"

clean: ## remove the virtual environment and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis tests/conformance/node/node_modules

.venv/.python:
	$(PYTHON) -m venv .venv
	touch $@

.venv/.%: requirements/%.txt pyproject.toml translate_client/pyproject.toml | .venv/.python
	$(INSTALL_TORCH)
	$(PIP) install -q -r $<
	$(PIP) install -q --no-deps --editable . $(if $(filter dev,$*),--editable ./translate_client)
	touch $@
