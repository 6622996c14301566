#!/bin/bash
# Make the tables of docs/reliability.md anew, each between its two marks: tools/reliability.sh [TABLE...]
#
# Tables: fuzz damage kills faults memory determinism hardness. They take about half an hour in all; FUZZ_SECONDS is for each
# reader, 60 unless told. Needs `cmake --preset release -DFCAST_TESTS=ON` built; fuzz and determinism build their own.
set -u
cd "$(dirname "$0")/.." || exit 1
# Copies, so that building meanwhile does no harm; the plain one, without figures and films, starts seven times as fast.
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
cp build/release/flockcast build/release/tests/shim.so build/release/tests/test_memory_{workflow,models,files} "$programs" || exit 1
export FLOCKCAST=$programs/flockcast FCAST_SOURCE_DIR=$PWD FCAST_PYTHON=${FCAST_PYTHON:-/usr/bin/python3} PYTHONDONTWRITEBYTECODE=1
page=docs/reliability.md
failed=0

# Replace what is between <!-- NAME --> and <!-- /NAME --> by the lines of a table on standard input.
put() {
  "$FCAST_PYTHON" - "$page" "$1" "$2" <<'P'
import re, sys
page, name, table = sys.argv[1:]
text, lines = open(page).read(), "\n".join(line for line in open(table).read().splitlines() if line.startswith("|"))
text, n = re.subn(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: m[1] + lines + "\n" + m[2], text, flags=re.S)
assert n == 1 and lines, name
open(page, "w").write(text)
P
}

# Run a command; its table goes into the page, and what it says on standard error to the terminal.
table() {
  local name=$1 out
  shift
  out=$(mktemp)
  echo "== $name" >&2
  "$@" >"$out" || { echo "$name: failed" >&2; failed=1; }
  put "$name" "$out" || failed=1
  rm -f "$out"
}

compilers() { # both without BLAS in what is compared byte for byte; render is left out
  local compiler
  for compiler in gcc clang; do
    cmake -S . -B "build/$compiler" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER=$compiler -DFCAST_RENDER=OFF -DFCAST_TESTS=OFF >/dev/null &&
      cmake --build "build/$compiler" --parallel "$(nproc)" --target flockcast_program >/dev/null || return 1
  done
  "$FCAST_PYTHON" tests/fault/determinism.py gcc=build/gcc/flockcast clang=build/clang/flockcast
}

plain() { # COMMAND...: with the program that draws nothing
  cmake --preset cluster >/dev/null && cmake --build --preset cluster --parallel "$(nproc)" >/dev/null || return 1
  cp build/cluster/flockcast "$programs/plain" && FLOCKCAST=$programs/plain "$@"
}

fuzz() {
  cmake --preset fuzz >/dev/null && cmake --build --preset fuzz --parallel "$(nproc)" >/dev/null && tests/fuzz/run.sh run "${FUZZ_SECONDS:-60}"
}

memory() { # one table of what its programs print
  local part
  echo "| function | allocations | no memory | other error | did without | leaks inside libraries |"
  echo "|---|---|---|---|---|---|"
  for part in workflow models files; do
    FCAST_TABLE=1 "$programs/test_memory_$part" || return 1
  done
}

for name in ${*:-fuzz damage kills faults memory determinism hardness}; do
  case $name in
    fuzz) table fuzz fuzz ;;
    damage) table damage plain "$FCAST_PYTHON" tests/fault/test_damage.py --all ;;
    kills) table kills "$FCAST_PYTHON" tests/fault/test_kills.py 200 ;;
    faults) table faults plain "$FCAST_PYTHON" tests/fault/test_faults.py "$programs/shim.so" --all ;;
    memory) table memory memory ;;
    determinism) table determinism compilers ;;
    hardness) table hardness "$FCAST_PYTHON" tests/numpy/test_hardness.py --table ;;
    *) echo "no table '$name'" >&2; exit 2 ;;
  esac
done
exit $failed
