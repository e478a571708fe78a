# Steps to build, try and check the plugin: `make help` lists them. Their logic lives in scripts/.

PYTHON ?= /usr/bin/python3
SUITE ?= trixie
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help demo engine stage package docs lint test test-in-qgis test-qgis bench clean

help: ## list the steps
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: engine stage ## install QGIS if it is missing, plan the sample town, draw the map
	@scripts/debian.sh qgis
	@$(PYTHON) scripts/demo.py

engine: ## make the engine environment in build/engine
	@scripts/debian.sh python
	@$(PYTHON) optiway_qgis/layers/engine_install.py --target build/engine

stage: ## copy the plugin into build/optiway_qgis
	@scripts/debian.sh stage
	@$(PYTHON) scripts/stage.py

package: ## build the zip for the plugin site and hold it to the site's rules
	@scripts/debian.sh python stage
	@$(PYTHON) scripts/package.py
	@scripts/venv.sh qgis-tests
	@scripts/test.sh package

docs: ## write docs/algorithms.md from the help of the algorithms
	@scripts/debian.sh qgis
	@$(PYTHON) scripts/make_docs.py

lint: engine ## ruff, ruff format and mypy
	@scripts/venv.sh lint
	@scripts/lint.sh

test: engine stage ## install what the tests need, run all tests
	@scripts/debian.sh qgis tests
	@scripts/venv.sh engine-tests qgis-tests
	@scripts/test.sh engine qgis

test-in-qgis: engine stage ## run only the tests that need QGIS
	@scripts/debian.sh qgis tests
	@scripts/venv.sh qgis-tests
	@scripts/test.sh qgis

test-qgis: ## run the tests that need QGIS in a chroot with another Debian: SUITE=trixie
	@scripts/debian.sh chroot
	@scripts/test_qgis.sh $(SUITE)

bench: engine stage ## compare with other solvers, measure overhead, write benchmarks/RESULTS.md
	@scripts/debian.sh qgis
	@scripts/venv.sh bench
	@build/env/bench/bin/python benchmarks/overhead.py
	@build/env/bench/bin/python benchmarks/edits.py
	@build/env/bench/bin/python benchmarks/underway.py
	@build/env/bench/bin/python benchmarks/rich.py
	@build/env/bench/bin/python benchmarks/run.py

clean: ## remove build/
	@scripts/clean.sh
