#!/bin/sh
# Install what is missing from Debian's own packages: tools/install_packages.sh build|test
# Does nothing, and asks for nothing, where everything is there already.
set -eu

build="ca-certificates git make cmake gcc libc6-dev pkg-config libopenblas-pthread-dev liblapack-dev libzip-dev zlib1g-dev libyaml-dev
  libjansson-dev libcairo2-dev libpango1.0-dev libpng-dev libavcodec-dev libavformat-dev libavutil-dev fonts-dejavu-core"
check="libcmocka-dev python3-minimal python3-numpy python3-scipy ffmpeg clang clang-format clang-tidy libclang-rt-14-dev libomp-dev"

case "${1:-}" in
  build) wanted=$build ;;
  test) wanted="$build $check" ;;
  *) echo "usage: tools/install_packages.sh build|test" >&2; exit 2 ;;
esac

missing=""
for package in $wanted; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "these packages are missing and only root can install them:$missing" >&2; exit 1; }
  as_root="sudo"
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is meant to be split
$as_root apt-get install -y -qq --no-install-recommends $missing
