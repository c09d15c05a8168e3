# Thin names over CMake and ninja; `make help` lists them. Everything is built
# under build/PRESET. Missing Debian packages are installed first.

PRESET  ?= release
BUILD   := build/$(PRESET)
PREFIX  ?= /usr/local
DESTDIR ?=
# Tests at a time; those that measure or need the host alone run serially.
JOBS    ?= $(shell nproc)
CTEST   := ctest --output-on-failure --no-label-summary -j $(JOBS)
# Seconds per fuzz target.
FUZZ_SECONDS ?= 60
# Seconds that Prometheus scrapes.
SCRAPE_SECONDS ?= 300
FUZZERS := $(basename $(notdir $(wildcard tests/fuzz/*_fuzz.cpp)))
# High-entropy address layouts break the shadow memory of g++ 12's sanitizers.
STILL   := setarch -R

.DEFAULT_GOAL := build
.PHONY: pictures all build packages demo test check shapes format check-format tidy \
        tidy-changed clang asan tsan bench golden accuracy accuracy-full regression fuzz \
        install deb test-packages test-vm test-prometheus soak help

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | \
	  while IFS="$$(printf '\t')" read -r name text; do \
	    printf '  make %-13s %s\n' "$$name" "$$text"; done

packages:  ## install the Debian packages of packaging/apt.txt that are missing
	@packaging/install.sh

build: packages  ## configure and build everything (PRESET=release)
	cmake --preset $(PRESET)
	cmake --build --preset $(PRESET)

all: build

demo: packages  ## record redis and a leaking server under load; read the verdict
	cmake --preset release
	cmake --build --preset release --target tidemark shop_server
	tests/demo/run.sh

pictures: build  ## draw docs/pictures again (RECORDING=demo.tmk)
	docs/pictures/draw.sh $(RECORDING) $(BUILD)

test: build  ## run every test but long fuzzing and the accuracy corpus
	$(CTEST) --test-dir $(BUILD) -LE 'accuracy|fuzz' \
	  --output-junit test_results.xml

check: check-format shapes tidy-changed  ## format, shape of the tree, lint

shapes: packages  ## layers, .def lists, headers that stand alone, names, sizes
	cmake/check_layers.py
	tests/tool/check_defs.py
	tests/tool/check_headers.py
	tests/tool/check_names.py
	tests/tool/check_sizes.py

format: packages  ## rewrite the sources in the house's layout
	tests/tool/sources.py | xargs clang-format-19 -i

check-format: packages
	tests/tool/sources.py | xargs clang-format-19 --dry-run -Werror

tidy: packages  ## clang-tidy on every source file
	cmake --preset debug
	cmake --build --preset debug
	tests/tool/run_tidy.py build/debug

tidy-changed: packages
	cmake --preset debug
	cmake --build --preset debug
	tests/tool/run_tidy.py --changed build/debug

clang: packages  ## build everything with clang 19, warnings are errors
	cmake --preset clang
	cmake --build --preset clang

asan: packages  ## the tests under AddressSanitizer and UBSan
	cmake --preset asan
	$(STILL) cmake --build --preset asan
	$(STILL) $(CTEST) --test-dir build/asan -LE 'accuracy|fuzz'

tsan: packages  ## the tests under ThreadSanitizer
	cmake --preset tsan
	$(STILL) cmake --build --preset tsan
	$(STILL) $(CTEST) --test-dir build/tsan -LE 'accuracy|fuzz'

bench: build  ## print every measured figure, peers beside us
	@for run in $(BUILD)/bench/bench_recording_*; do \
	  [ -x "$$run" ] || continue; echo "== $$run"; "$$run" || exit 1; done
	@echo "== bench/mark.sh"; bench/mark.sh $(BUILD)/bench/bench_mark
	@echo "== bench/python_mark.py"; bench/python_mark.py $(BUILD)
	@for run in bench/*/run.sh; do echo "== $$run"; \
	  sh "$$run" $(BUILD) || exit 1; done

deb: build  ## Debian packages, in build/PRESET/packages
	cmake --build --preset $(PRESET)
	cd $(BUILD) && cpack -G DEB
	lintian --fail-on error,warning $(BUILD)/packages/*.deb

test-packages: build  ## what the packages hold, and their life in a bare root
	tests/packages/run.sh $(BUILD)

test-vm: build  ## the service under systemd, the core on Debian's kernel
	tests/vm/run.sh $(BUILD)

test-prometheus: build  ## a real Prometheus against three daemons, 5 min
	tests/prometheus/run.sh $(BUILD) $(SCRAPE_SECONDS)

golden: build  ## rewrite the expected outputs under tests/golden
	TIDEMARK_UPDATE_GOLDEN=1 $(CTEST) --test-dir $(BUILD) -L golden
	@git status --short tests/golden

regression: build  ## two builds of shop_server, one with a slip: it alone must be called
	tests/compare/run.sh $(BUILD)

accuracy: build  ## precision and recall of the verdicts, some minutes
	$(BUILD)/tests/accuracy/accuracy --quick
	tests/accuracy/run.py $(BUILD)

accuracy-full: build  ## the same with many seeds, and two builds compared
	tests/accuracy/full.sh $(BUILD)

fuzz: packages  ## every parser of foreign bytes, FUZZ_SECONDS=60 each
	cmake --preset fuzz
	cmake --build --preset fuzz --target $(FUZZERS)
	@for name in $(FUZZERS); do echo "== $$name"; \
	  $(STILL) build/fuzz/tests/fuzz/$$name \
	    -max_total_time=$(FUZZ_SECONDS) || exit 1; done

install:  ## install what is built (PREFIX=/usr/local, DESTDIR=)
	DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)
