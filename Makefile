# `make demo` shows nnspec at work, `make test` runs the tests, `make check` is what a commit must pass.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal -q

.PHONY: demo test check format lint types docs bench clean

demo: $(VENV)/.runs
	$(BIN)/nnspec compile examples/fashion_cnn.nn.yaml -o out

test: $(VENV)/.tests
	$(PYTEST)

check: $(VENV)/.tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(PYTEST)

format: $(VENV)/.tests
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/.tests
	$(BIN)/python docs/generate.py

bench: $(VENV)/.tests
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) build dist out *.egg-info

# Stamps: what is installed already is not installed again until pyproject.toml changes.
$(VENV)/.made:
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade pip
	touch $@

# An editable install compiles nothing, and where PYTHONDONTWRITEBYTECODE is set nothing ever would.
$(VENV)/.runs: $(VENV)/.made pyproject.toml
	$(PIP) --editable '.[keras-cpu,tf2onnx,runtime,weights]'
	$(BIN)/python -m compileall -q *.py spec compiler backends cli templates
	touch $@

# The link is for pyright, which does not follow an editable install.
$(VENV)/.tests: $(VENV)/.runs
	$(PIP) --editable '.[dev]'
	mkdir -p $(VENV)/typing && ln -sfn ../.. $(VENV)/typing/nnspec
	touch $@
