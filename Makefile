# The commands of the README. Everything else is CMake: see CMakePresets.json.
.DEFAULT_GOAL := help
.PHONY: help demo build test test-all target-rpi5 format tidy clean distclean

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
	@tools/build.sh rpi5
	@tools/run_tests.sh

test-all:  ## As test, and what takes longer: clang-tidy over everything, repeated kills
	@tools/setup.sh test
	@tools/build.sh release
	@tools/build.sh asan
	@tools/build.sh tsan
	@tools/build.sh rpi5
	@TRITWISE_TEST_ALL=1 tools/run_tests.sh

target-rpi5:  ## Cross-compile one static file for a Raspberry Pi 5
	@tools/setup.sh test
	@tools/build.sh rpi5 tritwise_command
	@mkdir -p dist
	@llvm-strip-19 -o dist/tritwise-rpi5 build/rpi5/bin/tritwise
	@ls -l dist/tritwise-rpi5

format:  ## Format all sources with clang-format
	@git ls-files '*.cc' '*.h' '*.c' | xargs clang-format -i

tidy:  ## Run clang-tidy over all sources
	@tools/tidy.sh

clean:  ## Remove what was built and trained
	@rm -rf build dist

distclean: clean  ## As clean, and the sources that set-up fetched
	@rm -rf .dependencies
