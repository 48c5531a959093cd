# Everything a person does with this folder. `make run` and `make test` need nothing but python3 and make.

PYTHON ?= python3
BIN := .venv/bin
STAMP_RUN := .venv/.installed
STAMP_DEV := .venv/.installed-dev
INSTALL_INPUT := pyproject.toml tools/environment.py

.PHONY: help run install install-dev vendor messages messages-compile test check fmt bench lock screenshots clean
.NOTPARALLEL:

help:
	@echo "make run          start everything; the address and the sign-ins are printed"
	@echo "make test         run all tests"
	@echo "make check        format, lint, types, import contracts, house rules, translations"
	@echo "make fmt          format the source"
	@echo "make bench        measure speed and memory"
	@echo "make screenshots  take the pictures of the README anew"
	@echo "make messages     collect the texts to translate"
	@echo "make lock         write the lock files anew"
	@echo "make clean        remove everything that can be made again (your data in .data stays)"

run: $(STAMP_RUN) messages-compile
	@$(BIN)/python tools/vendor.py --lenient
	@exec $(BIN)/quittance run $(ARGS)

install: $(STAMP_RUN) messages-compile vendor

install-dev: $(STAMP_DEV)

$(STAMP_RUN): requirements.lock $(INSTALL_INPUT)
	@$(PYTHON) tools/environment.py requirements.lock
	@touch $@

$(STAMP_DEV): requirements-dev.lock $(INSTALL_INPUT)
	@$(PYTHON) tools/environment.py requirements-dev.lock
	@touch $(STAMP_RUN) $@

vendor: $(STAMP_RUN)
	@$(BIN)/python tools/vendor.py

messages: $(STAMP_RUN)
	@$(BIN)/python tools/messages.py update

messages-compile: $(STAMP_RUN)
	@$(BIN)/python tools/messages.py compile

test: $(STAMP_DEV) messages-compile
	@$(BIN)/python tools/vendor.py --lenient
	@$(BIN)/python tools/chromium.py
	@CI=1 $(BIN)/pytest -n $${QUITTANCE_TEST_PROCESSES:-2} -q $(ARGS)

check: $(STAMP_DEV) messages-compile
	@$(BIN)/python tools/check.py

fmt: $(STAMP_DEV)
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

bench: $(STAMP_DEV)
	@$(BIN)/python -m bench $(ARGS)

lock: $(STAMP_DEV)
	@UV_SYSTEM_CERTS=1 $(BIN)/uv lock -q
	@$(BIN)/uv export -q --no-emit-project --no-dev --group build --no-header --format requirements-txt -o requirements.lock
	@$(BIN)/uv export -q --no-emit-project --all-groups --no-header --format requirements-txt -o requirements-dev.lock
	@$(BIN)/python tools/vendor.py lock

screenshots: $(STAMP_DEV) messages-compile vendor
	@$(BIN)/python tools/screenshots.py

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache node_modules dist
	rm -rf test-results src/quittance/web/static/vendor
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -delete
