#!/bin/sh
# A static libzip, which Debian does not have: packaging/static/libzip.sh PREFIX. From Debian's own source, and without the
# encryption that brings OpenSSL and, with it, calls that a static libc cannot answer. Does nothing where it is there.
set -eu
prefix=$(mkdir -p "${1:?usage: packaging/static/libzip.sh PREFIX}" && cd "$1" && pwd)
[ ! -e "$prefix/lib/libzip.a" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sources" "$work/lists/partial"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ ! -f "$file" ] || sed -n 's/^deb /deb-src /p' "$file" >>"$work/sources/sources.list"
done
for file in /etc/apt/sources.list.d/*.sources; do
  [ ! -f "$file" ] || sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/sources/$(basename "$file")"
done
# Lists of its own: the machine's stay as they are, and nobody needs to be root.
apt="apt-get -qq -o APT::Sandbox::User= -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$work/sources -o Dir::State::Lists=$work/lists
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache="
cd "$work"
$apt update
$apt source libzip

cmake -S "$work"/libzip-*/ -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib \
  -DBUILD_SHARED_LIBS=OFF -DENABLE_OPENSSL=OFF -DENABLE_GNUTLS=OFF -DENABLE_MBEDTLS=OFF -DENABLE_BZIP2=OFF -DENABLE_LZMA=OFF \
  -DBUILD_TOOLS=OFF -DBUILD_REGRESS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOC=OFF
cmake --build "$work/build" --parallel
cmake --install "$work/build"
