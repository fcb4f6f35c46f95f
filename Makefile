# The commands of the README. Everything else is CMake: see CMakePresets.json.
.DEFAULT_GOAL := help
.PHONY: help demo build test test-all nightly target test-target format tidy clean distclean

help:  ## This list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build:  ## Install what is needed and build build/release/bin/tritwise
	@tools/setup.sh build
	@tools/build.sh release tritwise_command

demo: build  ## Train a ternary language model on the King James Bible, run it, compare it with fp16
	@tools/demo.sh

test:  ## Install, build and run all tests: unit, sanitisers, an emulated board, end to end
	@tools/setup.sh test
	@tools/build.sh release
	@tools/build.sh asan
	@tools/build.sh tsan
	@tools/build.sh rpi5 short_tests
	@tools/build.sh riscv64-v short_tests
	@tools/run_tests.sh

test-all:  ## As test, and what takes longer: clang-tidy over everything, repeated kills
	@tools/setup.sh test
	@tools/build.sh release
	@tools/build.sh asan
	@tools/build.sh tsan
	@tools/build.sh rpi5
	@tools/build.sh riscv64-v
	@TRITWISE_TEST_ALL=1 tools/run_tests.sh

nightly: test-all  ## As test-all, and every board's tests in its emulators (hours)
	@tools/target.sh all test

target:  ## Cross-compile for a board: make target BOARD=rpi5 (all: every folder of targets/; MINIMAL=1: a small one)
	@MINIMAL="$(MINIMAL)" tools/target.sh "$(BOARD)"

test-target:  ## Run a board's tests in its emulator: make test-target BOARD=riscv64-v
	@tools/target.sh "$(BOARD)" test

format:  ## Format all sources with clang-format
	@git ls-files '*.cc' '*.h' '*.c' | xargs clang-format -i

tidy:  ## Run clang-tidy over all sources
	@tools/tidy.sh

clean:  ## Remove what was built and trained
	@rm -rf build dist

distclean: clean  ## As clean, and the sources that set-up fetched
	@rm -rf .dependencies
