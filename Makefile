# Two commands matter: `make demo` and `make test`. Both work from a fresh clone.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
OUT ?= llmcd-demo
EXTRAS ?= dev

.PHONY: demo test check examples bench tables notebooks clean

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[$(EXTRAS)]'
	touch $@

demo: $(VENV)/ready
	$(BIN)/llmcd demo --out $(OUT)

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports

test: check
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

# the networks' files come with the extra "bench"
bench: $(VENV)/ready
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[bench]'
	$(BIN)/python -m benchmarks short

tables: $(VENV)/ready
	$(BIN)/python -m benchmarks tables

# executes the tutorials from their .py and writes the .ipynb
notebooks: $(VENV)/ready
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[notebooks]'
	$(BIN)/python notebooks/build.py

clean:
	rm -rf $(VENV) build dist llmcd-demo
