#!/bin/sh
# Install what is missing from Debian's own packages: tools/install_packages.sh build|test|docs|bench|fuzz|package|static|cluster|browser
# Does nothing, and asks for nothing, where everything is there already. With --missing behind it, it only says what is not.
set -eu

build="ca-certificates git make cmake gcc libc6-dev pkg-config libopenblas-pthread-dev liblapack-dev libzip-dev zlib1g-dev libyaml-dev
  libjansson-dev libcairo2-dev libpango1.0-dev libpng-dev libavcodec-dev libavformat-dev libavutil-dev fonts-dejavu-core"
check="libcmocka-dev mandoc python3-minimal python3-numpy python3-scipy ffmpeg poppler-utils clang clang-format clang-tidy libclang-rt-14-dev libomp-dev dpkg-dev file lmod libopenblas-dev gfortran xz-utils"
docs="python3-minimal python3-numpy python3-scipy python3-matplotlib python3-fonttools pandoc fonts-lmodern"
bench="python3-minimal python3-numpy python3-scipy python3-matplotlib ffmpeg"
fuzz="clang libclang-rt-14-dev python3-minimal python3-numpy"
package="dpkg-dev file"
static="gfortran dpkg-dev xz-utils"
cluster="slurmctld slurmd slurm-client munge openssh-server openssh-client rsync procps"
browser="chromium nodejs"
command -v npm >/dev/null || browser="$browser npm" # Node.js from elsewhere brings its own

case "${1:-}" in
  build) wanted=$build ;;
  test) wanted="$build $check $docs" ;;
  docs) wanted="$build $docs" ;;
  bench) wanted="$build $bench" ;;
  fuzz) wanted="$build $fuzz" ;;
  package) wanted="$build $package" ;;
  static) wanted="$build $static" ;;
  cluster) wanted=$cluster ;; # a Slurm and an sshd that the tests start themselves
  browser) wanted=$browser ;; # for the tests of the results page
  *) echo "usage: tools/install_packages.sh build|test|docs|bench|fuzz|package|static|cluster|browser" >&2; exit 2 ;;
esac

missing=""
for package in $wanted; do
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "${2:-}" = --missing ]; then
  echo "$missing"
  exit 0
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "these packages are missing and only root can install them:$missing" >&2; exit 1; }
  as_root="sudo"
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive

# The packages start no daemons of their own. A policy that the machine has already comes back afterwards.
policy=/usr/sbin/policy-rc.d
restore() {
  $as_root rm -f $policy
  if [ -e $policy.before ]; then $as_root mv $policy.before $policy; fi
}
if [ "$1" = cluster ]; then
  trap restore EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if [ -e $policy ] && [ ! -e $policy.before ]; then $as_root mv $policy $policy.before; fi
  printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
  $as_root chmod 755 $policy
fi
$as_root apt-get -o DPkg::Lock::Timeout=300 update -qq
# shellcheck disable=SC2086 # the list is meant to be split
$as_root apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends $missing
