# Two commands do all the set-up on a fresh machine: `make demo` and `make test`. See README.md.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
RESOUND := $(BIN)/python -m benchmarks

# What `make <target id>` passes on, for example `make acrnn.t3 TIER=reduced CORPUS=real SEEDS=3`.
TIER ?= full
CORPUS ?= real
OPTIONS = --tier "$(TIER)" --corpus "$(CORPUS)" $(if $(SEEDS),--seeds "$(SEEDS)") $(if $(FOLDS),--folds "$(FOLDS)") \
          $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(JOBS),--jobs "$(JOBS)") $(if $(DEVICE),--device "$(DEVICE)") \
          $(if $(LAUNCHER),--launcher "$(LAUNCHER)") $(if $(filter-out 0 no n false,$(YES)),--yes)
PAPERS := $(notdir $(patsubst %/paper.yaml,%,$(wildcard benchmarks/papers/*/paper.yaml)))
TABLES := $(foreach p,$(PAPERS),$(foreach t,$(wildcard benchmarks/papers/$(p)/t*.csv),$(p).$(basename $(notdir $(t)))))

.DEFAULT_GOAL := help
.PHONY: help setup lock demo test soak lint format report site screenshot regression mutants equivalence bench clean lock-check $(PAPERS) $(TABLES)

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 14
	@echo "papers:       $(PAPERS)"
	@echo "tables:       $(TABLES)"

$(VENV)/.ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip "setuptools<81" wheel
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable ".[dev,cluster]"
	@$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable ".[soft]" \
	    || echo "sed_scores_eval: not installed, it needs a C compiler; F1 at the best thresholds cannot be computed"
	touch $@

setup: $(VENV)/.ready  ## make .venv with the locked versions

demo: setup  ## build the miniature, run every table in tier smoke, write the report
	for name in $$($(BIN)/python -c "from datasets.registry import names; print(*names())"); do \
	    $(RESOUND) data miniature $$name || exit $$?; done
	for paper in $(PAPERS); do $(RESOUND) run $$paper --tier smoke --corpus miniature || exit $$?; done
	$(RESOUND) report --out build/demo

test: setup  ## all tests
	$(BIN)/python -m pytest -n 2

soak: setup  ## sweeps that are killed, filled up, damaged, crowded: do they end as if not? (ROUNDS=20, some minutes)
	$(BIN)/python -m tests.soak --rounds $(or $(ROUNDS),20) --seed $(or $(SEED),0)

lint: setup  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup  ## let ruff order and format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

report: setup  ## tables, figures and pages from the stored runs
	$(RESOUND) report

site: setup  ## the same for a browser, with more on every cell, in build/site
	$(RESOUND) report --html

screenshot: site  ## the picture that README begins with; needs Chromium, and the extra `browser`
	$(BIN)/python -m tests.benchmarks.reporting.web.screenshot build/site docs/front.png

regression: setup  ## metrics on small subsets against stored bands; CORPUS=real adds a few real clips
	$(BIN)/python -m benchmarks.regression check $(if $(filter command environment,$(firstword $(origin CORPUS))),--corpus $(CORPUS))

mutants: setup  ## put known faults into a copy, one by one: does something notice? (some 40 minutes; ONLY="name ...")
	$(BIN)/python -m benchmarks.regression.mutants $(ONLY)

equivalence: setup  ## does bf16 give what float32 gives? The runs of the study that are missing (hours), and its answer
	$(RESOUND) equivalence acrnn --yes

bench: setup  ## speed as ratios to the plain way
	$(BIN)/python -m benchmarks.bench

$(PAPERS) $(TABLES): setup
	$(RESOUND) run $@ $(OPTIONS)

clean:  ## remove what can be made again (not data/ and runs/)
	rm -rf cache build

lock: setup  ## write requirements.lock from what is installed: versions only
	@{ echo "# Versions that were tested together, for 'pip install --constraint'. Made by 'make lock'; versions only, no addresses."; \
	   $(BIN)/python -m pip freeze --exclude-editable | grep -viE '^(pip|wheel)==' \
	   | sed -E 's/^((nvidia|cuda|triton)[^ ]*)$$/\1 ; sys_platform == "linux"/'; } > requirements.lock.new
	mv requirements.lock.new requirements.lock

lock-check: setup  ## prove that every locked version has a wheel for Linux and macOS (needs the network)
	$(BIN)/python .ci/lock_check.py
