#!/bin/bash
# The Debian packages: what is in them, what they depend on, and that the program in them runs.
. "${FCAST_SOURCE_DIR:?}/tests/package/common.sh" || exit 1

check "they are made" cpack -G DEB -B "$scratch" --config "$FCAST_BINARY_DIR/CPackConfig.cmake"
program=$(ls flockcast_*.deb) development=$(ls libflockcast-dev_*.deb)
check "their version is that of the changelog" test "$(dpkg-deb -f "$program" Version)" = \
  "$(dpkg-parsechangelog -l "$FCAST_SOURCE_DIR/packaging/debian/changelog" -S Version)"
check "the C library is a dependency" grep -q 'libc6 (>=' <<<"$(dpkg-deb -f "$program" Depends)"
check "and what others link" grep -q 'libzip-dev' <<<"$(dpkg-deb -f "$development" Depends)"

check "they unpack" dpkg-deb -x "$program" root
check "both into one root" dpkg-deb -x "$development" root
for file in usr/share/doc/flockcast/copyright usr/share/doc/flockcast/changelog.gz usr/share/doc/libflockcast-dev/changelog.Debian.gz \
    usr/share/flockcast/configs/flock.yml usr/lib/libflockcast.a usr/share/doc/flockcast/examples/forecast/Makefile; do
  check "$file is there" test -s "root/$file"
done
check "headers belong to the library" test -z "$(dpkg-deb -c "$program" | grep 'include/')"
flockcast=root/usr/bin/flockcast
check "the program simulates" $flockcast simulate --mode train --sim_id 0-3 --output_dir training --config root/usr/share/flockcast/configs/flock.yml
check "what can be checked" $flockcast check training/train_000
with_make "$scratch/root" forecast
finish
