.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup packages demo peers test tests check format words lock

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 10

setup: .venv/ready packages ## make .venv with the pinned, hashed dependencies (a minute or two), and get what tests need
	@echo "ready; now: . .venv/bin/activate"

packages: ## from the operating system what some tests need, where that may be installed
	@.ci/packages

.venv/ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Tocsin needs Python 3.11 or newer; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@echo "installing what Tocsin needs into .venv; the first time takes a minute or two"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: .venv/ready ## history, then five things go wrong at once, through a real Kafka (LANG_ALERTS=zh|en, KEEP=1)
	@$(BIN)/python -m tocsin demo $(if $(filter-out 0,$(KEEP)),--keep)

peers: .venv-bench/ready ## what benchmarks.throughput measures us against, in an environment of its own

.venv-bench/ready: benchmarks/requirements.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --require-hashes -r benchmarks/requirements.txt
	@touch $@

check: .venv/ready ## lint, format, types, import contract, shell scripts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/shellcheck .ci/run .ci/packages

test: .venv/ready packages ## all checks, and every test, a real broker included
	+@$(MAKE) --no-print-directory --jobs=2 check tests

tests: .venv/ready
	$(BIN)/python -m pytest -rs -n 2 --dist loadfile --no-loadscope-reorder

format: .venv/ready ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

words: .venv/ready ## bring what is new to say into alerts/locale, to be translated there
	@mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml --add-location=file -o build/words.pot .
	for file in alerts/locale/*.po; do \
		$(BIN)/pybabel -q update -i build/words.pot -o $$file -l $$(basename $$file .po) \
			--no-fuzzy-matching --no-wrap --ignore-pot-creation-date || exit 1; \
	done

LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock"

lock: ## pin the dependencies anew, those of the image to the same versions (needs uv on the PATH)
	$(LOCK) --extra local --extra dev -o requirements.txt
	$(LOCK) --constraints requirements.txt -o deploy/requirements.txt
	cp requirements.txt benchmarks/requirements.txt # the same versions, as far as the peers allow
	$(LOCK) --extra local --extra bench -o benchmarks/requirements.txt
