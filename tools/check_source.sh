#!/bin/sh
# Format, includes and headers: tools/check_source.sh [--fix]. Prints what is wrong; exit status 1 if anything is.
set -u
cd "$(dirname "$0")/.."
failed=0
files=$(find include src tests bench tools examples \( -name '*.c' -o -name '*.h' \) 2>/dev/null | sort)

if [ "${1:-}" = --fix ]; then
  # shellcheck disable=SC2086 # file names here have no spaces
  clang-format -i $files
fi
# shellcheck disable=SC2086
clang-format --dry-run -Werror $files || failed=1

python3 tools/check_includes.py || failed=1

# Public headers stand alone, in C and in C++.
for header in include/flockcast/*.h; do
  gcc -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude -x c "$header" || failed=1
  clang++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Wno-unused-function -fsyntax-only -Iinclude -x c++ "$header" 2>&1 || failed=1
done

if grep -rnE '[[:space:]]+$' --include='*.[ch]' --include='*.md' --include='*.py' --include='*.sh' --include='*.txt' --include='*.cmake' \
    include src tests tools docs cmake CMakeLists.txt ./*.md; then
  echo "trailing space in the lines above" >&2
  failed=1
fi
exit $failed
