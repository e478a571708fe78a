# Steps to build, try and check the plugin: `make help` lists them. Their logic lives in scripts/.

PYTHON ?= /usr/bin/python3
SUITE ?= trixie
ENGINE := build/engine/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo engine stage package lint test test-in-qgis test-qgis bench clean

help: ## list the steps
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: engine stage ## install QGIS if missing, plan the sample town, write map, report and layers
	@scripts/debian.sh qgis
	@$(PYTHON) scripts/demo.py

engine: ## make the engine environment in build/engine
	@scripts/debian.sh python
	@$(PYTHON) optiway_qgis/layers/engine_install.py --target build/engine

stage: ## copy the plugin into build/optiway_qgis
	@$(PYTHON) scripts/stage.py

package: ## build the zip for the plugin site and check it
	@$(PYTHON) scripts/package.py

lint: engine build/lint-env/.done ## ruff, ruff format and mypy
	build/lint-env/bin/ruff check
	build/lint-env/bin/ruff format --check
	build/lint-env/bin/mypy --python-executable $(ENGINE)

test: engine build/engine-test-env/.done test-in-qgis ## install what tests need, run all tests
	@scripts/test.sh engine

test-in-qgis: engine stage ## run only the tests that need QGIS
	@scripts/debian.sh qgis tests
	@$(MAKE) --no-print-directory build/test-env/.done
	@scripts/test.sh qgis

test-qgis: ## run the tests that need QGIS in a chroot of another Debian: SUITE=trixie
	@scripts/test_qgis.sh $(SUITE)

bench: engine build/bench-env/.done ## measure against other solvers, writes benchmarks/RESULTS.md
	build/bench-env/bin/python benchmarks/run.py

clean: ## remove build/
	@scripts/clean.sh
