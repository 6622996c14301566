#!/bin/bash
# The shared library: the names it shows, and a program that uses it. Without optimisation, for a quick build, and the numbers are the same.
. "${FCAST_SOURCE_DIR:?}/tests/package/common.sh" || exit 1

build=$FCAST_BINARY_DIR/tests/shared
check "it configures" cmake -S "$FCAST_SOURCE_DIR" -B "$build" -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER="$FCAST_CC" -DFCAST_RENDER=OFF \
  -DFCAST_TESTS=OFF -DBUILD_SHARED_LIBS=ON
check "it builds" cmake --build "$build" --target flockcast_shared --parallel 2
check "it installs" cmake --install "$build" --prefix "$scratch/prefix" --component development
library=$(find prefix -name 'libflockcast.so')

# The functions of the headers and nothing else. (Names with a dot are locks of the compiler's OpenMP.)
nm -D --defined-only "$library" | awk '$3 !~ /[.]/ {print $3}' | LC_ALL=C sort >shown
headers=$(find prefix/include/flockcast -name '*.h' ! -name render.h)
# shellcheck disable=SC2086 # names without spaces
"$FCAST_PYTHON" - $headers >declared <<'PYTHON'
import re, sys
text = "".join(open(name).read() for name in sys.argv[1:])
print("\n".join(sorted(set(re.findall(r"^FCAST_API\b[^;(]*?\b(fcast_\w+)\(", text, re.M)))))
PYTHON
check "it shows what the headers declare" cmp shown declared
check "it has its version" test -e "$(dirname "$library")/$(readelf -d "$library" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')"
with_make "$scratch/prefix" forecast
with_cmake "$scratch/prefix" forecast
finish
