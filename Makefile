# One target a habit. Everything is installed on first use, below this folder.
.PHONY: help serve dev check test e2e test-several nightly bench

# One run for each processor, of the browser tests module by module. What measures time runs alone afterwards.
SIDE_BY_SIDE = -n auto --maxprocesses 4 --dist loadgroup

# What every night does with three servers, too; test-several does it with everything.
ON_SEVERAL = $(addprefix backend/tests/server/test_,sync.py chat_live.py live.py revocation.py sharing.py)

help: ## this list
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed 's/:.*##/\t/'

serve: ## install, build the page, serve it on http://127.0.0.1:8000
	@scripts/install
	@scripts/build
	@exec .venv/bin/python -m quillroom serve $(ARGS)

dev: ## the server with --open, and Vite with reload on http://127.0.0.1:5173
	@scripts/install
	@trap 'kill 0' EXIT; .venv/bin/python -m quillroom serve --open & npm run dev --workspace frontend

check: ## lint, types, layers
	@scripts/install dev
	.venv/bin/ruff check backend e2e
	.venv/bin/ruff format --check backend e2e
	.venv/bin/mypy backend e2e
	PYTHONPATH=backend .venv/bin/lint-imports
	.venv/bin/python scripts/generate-live --check
	npx biome check .
	npm run types --workspace frontend

test: ## every test; installs what they need
	@scripts/install dev
	@scripts/install-test-tools
	@scripts/build
	npm test
	.venv/bin/pytest $(SIDE_BY_SIDE) -m "not alone and not nightly"
	.venv/bin/pytest -m alone
	.venv/bin/pytest e2e $(SIDE_BY_SIDE) --dist loadscope

test-several: ## the tests of servers and pages, each with three servers behind nginx on PostgreSQL and Redis
	@scripts/install dev
	@scripts/install-test-tools
	@scripts/build
	QUILLROOM_TEST_SERVERS=3 .venv/bin/pytest backend/tests/server backend/tests/files backend/tests/histories $(SIDE_BY_SIDE) -m "not alone"
	QUILLROOM_TEST_SERVERS=3 .venv/bin/pytest e2e $(SIDE_BY_SIDE) --dist loadscope

e2e: ## browser tests only
	@scripts/install dev
	@scripts/install-test-tools
	@scripts/build
	.venv/bin/pytest e2e $(SIDE_BY_SIDE) --dist loadscope

nightly: ## for an hour or more: every fault of several servers, and what every run tries a little of (histories, kills, storms)
	@scripts/install dev
	@scripts/install-test-tools
	@scripts/build
	.venv/bin/pytest -m nightly
	QUILLROOM_TEST_SERVERS=3 .venv/bin/pytest $(ON_SEVERAL) $(SIDE_BY_SIDE) -m "not alone"
	QUILLROOM_CHAT_STEPS=100000 QUILLROOM_KILLS=100 QUILLROOM_TEST_MUTATIONS=100000 QUILLROOM_TEST_TANGLES=100000 \
	QUILLROOM_HISTORIES=2000 QUILLROOM_FRAMES=100000 QUILLROOM_STORMS=200 QUILLROOM_STORM_SECONDS=60 QUILLROOM_MUTANTS=1 .venv/bin/pytest --durations=0 \
	$$(grep -lE 'environ.get\("QUILLROOM_(CHAT_STEPS|KILLS|TEST_MUTATIONS|TEST_TANGLES|HISTORIES|FRAMES|STORMS)|"QUILLROOM_MUTANTS" not in' -r backend/tests --include='test_*.py')

bench: ## measure beside the peers
	@scripts/install dev
	PYTHONPATH=backend .venv/bin/python -m bench $(ARGS)
