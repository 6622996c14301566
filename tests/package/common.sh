# What the package tests share, on top of tests/support/shell.sh. Sourced by tests/package/test_*.sh.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1
examples=$FCAST_SOURCE_DIR/examples

# with_make PREFIX EXAMPLE, with_cmake PREFIX EXAMPLE: build and run it by pkg-config (by find_package), as a user would from
# a copy of its folder. What it prints is in ./EXAMPLE.make (./EXAMPLE.cmake).
with_make() {
  cp -r "$examples/$2" "$2.with_make"
  check "$2 builds by pkg-config" env PKG_CONFIG_PATH="$(dirname "$(find "$1" -name flockcast.pc)")" make -C "$2.with_make" CC="$FCAST_CC"
  (cd "$2.with_make" && LD_LIBRARY_PATH=$(dirname "$(find "$1" -name 'libflockcast.*' | head -1)") "./$2") >"$2.make" 2>err
  check "$2 as in its comment" "$FCAST_PYTHON" "$FCAST_SOURCE_DIR/tests/package/compare.py" "$examples/$2/main.c" "$2.make"
}
with_cmake() {
  check "$2 finds flockcast" cmake -S "$examples/$2" -B "$2.with_cmake" -DCMAKE_PREFIX_PATH="$1" -DCMAKE_C_COMPILER="$FCAST_CC"
  check "$2 builds by CMake" cmake --build "$2.with_cmake"
  (cd "$2.with_cmake" && "./$2") >"$2.cmake" 2>err
  check "the same numbers both ways" cmp "$2.cmake" "$2.make"
}
