# A thin front to CMake's presets. `make run` and `make test` are all that a fresh Debian 12 machine needs.
JOBS := $(shell nproc)

.PHONY: run test docs bench forecasts field-model gallery build asan tsan fuzz reliability tidy install package static format clean

# Install what is missing, build, run the whole workflow with the defaults. RUN_OPTIONS adds options.
run: build
	build/release/flockcast run $(RUN_OPTIONS)

build:
	tools/install_packages.sh build
	cmake --preset release -DFCAST_TESTS=$(if $(TESTS),ON,OFF) -DFCAST_BENCH=$(if $(BENCH),ON,OFF)
	cmake --build --preset release --parallel $(JOBS)

# The same, then all tests, also under the sanitizers.
test: export OMP_WAIT_POLICY := passive
test:
	tools/install_packages.sh test
	tools/install_packages.sh cluster || echo "SKIPPED: the tests on a real Slurm, since its packages cannot be installed" >&2
	tools/install_packages.sh browser || echo "SKIPPED: the tests of the results page, since no Chromium can be installed" >&2
	tools/check_source.sh
	$(MAKE) build TESTS=1 BENCH=1
	build/release/flockcast run --oscar_dir build/run/oscar_outputs --output_dir build/run/outputs
	ctest --preset release --parallel $(JOBS)
	$(MAKE) asan
	$(MAKE) tsan

# The documentation as a site: build/docs/site/index.html. It fails where a link is dead or a cell does not run.
docs: build
	tools/install_packages.sh docs
	FLOCKCAST=build/release/flockcast /usr/bin/python3 tools/site/build.py build/docs/site

# Speed, each number beside NumPy's, SciPy's or Matplotlib's from the same run: docs/performance.md. QUICK=1 under a
# minute; SCALING=1 exponents too; FULL=1 10,000 runs too; ONLY=GROUP.
bench:
	tools/install_packages.sh bench
	$(MAKE) build BENCH=1
	/usr/bin/python3 bench/run.py $(if $(QUICK),--quick) $(if $(SCALING),--scaling) $(if $(FULL),--full) $(if $(ONLY),--only $(ONLY))

# How good the forecasts are, with 100 and 1,000 training runs, and with every option: the tables of docs/forecasting.md.
# FULL=1: with 10,000 and with the regimes under configs/ too.
forecasts: build
	/usr/bin/python3 bench/forecasts.py build/release/flockcast --docs docs/forecasting.md $(if $(FULL),--full --regimes)

# What the field model recovers, where it fails, how it generalises, what transports smear: the tables of
# docs/field-model.md.
field-model:
	$(MAKE) build BENCH=1
	/usr/bin/python3 bench/field.py build/release/flockcast --docs docs/field-model.md --transport build/release/bench/flockcast_transport

# The regimes under configs/: pictures, films and numbers of docs/gallery.md. The films are made small for the repository.
gallery:
	tools/install_packages.sh bench
	$(MAKE) build BENCH=1
	build/release/bench/flockcast_gallery docs $(addprefix configs/,$(addsuffix .yml,$(REGIMES)))
	for film in docs/images/gallery_*.mp4; do ffmpeg -loglevel error -y -i $$film -vf scale=-2:400 -crf 31 -preset veryslow -x264-params chroma-qp-offset=-10 -pix_fmt yuv420p -movflags +faststart build/small.mp4 && mv build/small.mp4 $$film || exit 1; done
REGIMES := default vicsek crawl flock gas gas_variable blackhole blackhole_variable supernova supernova_variable crystal crystal_variable

# Memory and undefined behaviour. Without the tests that watch other programs or a terminal, and without those that hold numbers against
# NumPy's, or kill trainings, for minutes: every command and stage in them is in other tests here, too.
asan:
	cmake --preset asan
	cmake --build --preset asan --parallel $(JOBS)
	ctest --preset asan --parallel $(JOBS) --label-exclude 'slurm|page|package|docs' --exclude-regex 'numpy_test_(workflow|selection|aligned|field|uncertainty|limit)|fault_trainings|cli_test_terminal'

# The parts that run in threads; clang's OpenMP tells the sanitizer about its barriers.
tsan:
	cmake --preset tsan
	cmake --build --preset tsan --parallel $(JOBS) --target unit_tests
	OMP_TOOL_LIBRARIES=$(lastword $(wildcard /usr/lib/llvm-*/lib/libarcher.so)) TSAN_OPTIONS=ignore_noninstrumented_modules=1 ctest --preset tsan --parallel $(JOBS) --label-regex unit

# Every reader of files, FUZZ_SECONDS each, two at a time; docs/reliability.md says what it looks for.
FUZZ_SECONDS := 60
fuzz:
	tools/install_packages.sh fuzz
	cmake --preset fuzz
	cmake --build --preset fuzz --parallel $(JOBS)
	tests/fuzz/run.sh run $(FUZZ_SECONDS)

# The tables of docs/reliability.md.
reliability: build
	tools/reliability.sh

# Every source by itself: several at once confuse the analyser.
tidy:
	cmake --preset asan -DCMAKE_C_COMPILER=clang -B build/tidy
	find src -name '*.c' | xargs -P $(JOBS) -n 1 clang-tidy -p build/tidy --quiet

install: build
	cmake --install build/release $(if $(PREFIX),--prefix $(PREFIX))

# Debian packages of the program and of the library: build/release/*.deb
package:
	tools/install_packages.sh package
	$(MAKE) build
	cd build/release && cpack -G DEB

# The cluster half as one file that needs no library: build/static/flockcast
static:
	tools/install_packages.sh static
	packaging/static/libzip.sh build/static-libzip
	cmake --preset static
	cmake --build --preset static --parallel $(JOBS)

format:
	tools/check_source.sh --fix

clean:
	rm -rf build
