# One-word commands. Everything they need is installed by scripts/bootstrap, which each of them calls first.
BUILD := build/release
JOBS  := $(shell nproc)

.PHONY: build test demo bench format format-check lint asan clean
build:
	@scripts/bootstrap
	@cmake --preset release >/dev/null
	cmake --build --preset release --target evofactor -j $(JOBS)

test:
	@scripts/bootstrap
	@cmake --preset release >/dev/null
	cmake --build --preset release -j $(JOBS)
	ctest --preset release

demo: build
	@scripts/demo

bench:
	@scripts/bootstrap
	@cmake --preset release >/dev/null
	cmake --build --preset release -j $(JOBS)
	@scripts/bench

format:
	@scripts/format --fix

format-check:
	@scripts/format

lint:
	@scripts/bootstrap --lint
	@cmake --preset release >/dev/null
	@scripts/lint

asan:
	@scripts/bootstrap
	@cmake --preset asan >/dev/null
	cmake --build --preset asan -j $(JOBS)
	ctest --preset asan

clean:
	rm -rf build demo
