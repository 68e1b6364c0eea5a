# Everything a developer does, by name. `make help` explains each.

SHELL := /bin/sh
.DEFAULT_GOAL := help
# Without compiled modules each process would spend seconds on compiling all it imports.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup run test coverage soak check check-types check-all-else bench format screenshots lock browsers

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.complete
WORKERS ?= auto
ARGS ?=

# What tests the apps whose coverage is wanted; measuring doubles the time.
MEASURED := tests/connections tests/workspaces tests/connectors tests/frontend tests/proofs tests/test_every_url.py

# `make check` looks at the code: these values are read and never connected to.
NOWHERE := TRIAL=true DATABASE_URL=postgresql://app@localhost/none REDIS_URL=redis://localhost \
	SECRET_KEY=only-for-checking ROOT_KEYS=check:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
PRODUCTION := TRIAL=false DEBUG=false DATABASE_URL=postgresql://app@localhost/none \
	MIGRATION_DATABASE_URL=postgresql://owner@localhost/none REDIS_URL=redis://localhost \
	SECRET_KEY=only-for-checking-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
	ROOT_KEYS=check:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
	ALLOWED_HOSTS=spojit.example.com PUBLIC_URL=https://spojit.example.com \
	EMAIL_URL=smtp+tls://spojit:password@mail.example.com:587

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP)  ## Make the environment at .venv (instant when it is complete)

$(STAMP): requirements.txt deploy/setup.sh
	@sh deploy/setup.sh $(VENV) requirements.txt
	@touch $@

run: setup  ## Run everything in the foreground on PORT (8000); Ctrl-C stops it and keeps the data
	@exec $(BIN)/python manage.py up

test: setup browsers  ## Run all tests, browser tests included (ARGS="-k name" narrows)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

coverage: setup browsers  ## Measure how much of connections and workspaces is tested, and want 95 % of branches
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(MEASURED)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --fail-under=95

soak: setup browsers  ## Run fault, load and race tests at their full size
	@SOAK=true $(BIN)/pytest -n 0 -m soak -o faulthandler_timeout=1800 $(ARGS)

check: setup  ## Run every check but the tests: style, types, imports, templates, deployment
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check-types check-all-else

check-types:
	$(NOWHERE) $(BIN)/mypy

check-all-else:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet templates
	$(NOWHERE) $(BIN)/python manage.py check_connectors
	VAR_DIR="$(CURDIR)/var/check" $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

bench: setup  ## Measure the speed table of the design, as ratios to their floors
	@$(BIN)/python -m bench $(ARGS)

format: setup  ## Format the code and mend what can be mended by a tool
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

screenshots: setup browsers  ## Take the README's screenshots anew
	@$(BIN)/python docs/screenshots.py

lock: setup  ## Pin every dependency of pyproject.toml anew in requirements.txt (needs uv)
	@uv pip compile --quiet --all-extras --universal --python-version 3.11 --upgrade pyproject.toml -o requirements.txt

browsers:
	@sh deploy/test-servers.sh
	@sh deploy/test-oidc.sh $(VENV)
