#!/bin/bash
# The blocks of the pages that build and install, page after page, in a copy of the source tree and of what is built of
# it: so the tree under test stays as it is, and only the cluster half is compiled.
source_dir=${FCAST_SOURCE_DIR:?}
. "$source_dir/tests/support/shell.sh" || exit 1
pages="README.md docs/cluster.md docs/packaging.md docs/getting-started.md docs/library.md docs/gallery.md docs/performance.md"
copy=$scratch/flockcast
export HOME=$scratch/home CMAKE_BUILD_PARALLEL_LEVEL=2
unset MAKEFLAGS MAKELEVEL # of the make that runs the tests
git_dir=$(git -C "$source_dir" rev-parse --absolute-git-dir 2>err) && # of which commit the program says it is
  export GIT_DIR=$git_dir GIT_WORK_TREE=$source_dir GIT_OPTIONAL_LOCKS=0

# CMake refuses a build tree from elsewhere, and make compiles what is older than its rules: new paths, and the times from before.
copy_trees() {
  mkdir -p "$copy/build" "$HOME" before
  sed 's,^/,./,; s,/$,,' "$source_dir/.gitignore" | tar -C "$source_dir" --anchored --exclude=./.git --exclude-from=- -c . | tar -C "$copy" -x
  tar -C "$FCAST_BINARY_DIR" --anchored --exclude=./tests --exclude=./Testing --exclude=./page-driver -c . | tar -C before -x
  cp -a before "$copy/build/release"
  grep -rlIZF "$source_dir" "$copy/build/release" | xargs -0 sed -i -e "s|$FCAST_BINARY_DIR|$copy/build/release|g" -e "s|$source_dir|$copy|g"
  cp -a --attributes-only before/. "$copy/build/release"
}

run_page() { # PAGE NEED
  "$FCAST_PYTHON" "$source_dir/tools/site/run_page.py" "$source_dir/$1" --only "$2" --directory "$copy"
}

# What COMMAND installs goes to a layer over the system's folders, in memory, and away with the last process that sees it.
over_the_system() { # COMMAND...
  mkdir -p layer
  # shellcheck disable=SC2016 # for the shell inside
  unshare --mount bash -euc '
    mount -t tmpfs layer layer
    for folder in usr etc var; do
      mkdir "layer/$folder" "layer/$folder.work"
      mount -t overlay layer -o "lowerdir=/$folder,upperdir=layer/$folder,workdir=layer/$folder.work" "/$folder"
    done
    "$@"' bash "$@"
}

install_packages() {
  run_page docs/packaging.md root || return 1
  /usr/bin/flockcast simulate --mode test --sim_id 0 --output_dir installed && pkg-config --exists flockcast
}

missing=$("$source_dir/tools/install_packages.sh" test --missing) || exit 1
if [ -n "$missing" ]; then
  echo "SKIPPED: these blocks would install$missing (make test does)"
  exit 77
fi

check "the trees are copied" copy_trees
for page in $pages; do
  check "$page" run_page "$page" source
  cat log
done
check "the pages with such blocks are these" test "$(cd "$source_dir" && grep -l '^```.* needs source' README.md docs/*.md | sort)" = \
  "$(tr ' ' '\n' <<<"$pages" | sort)"

if (cd "$copy" && packaging/static/libzip.sh build/static-libzip) >log 2>&1; then
  check "the static program" run_page docs/packaging.md sources
  cat log
  check "which needs no library" bash -c '! ldd "$1" 2>/dev/null' bash "$copy/build/static/flockcast"
else
  echo "SKIPPED: the static program, since the source of libzip cannot be fetched: $(tail -1 log)"
fi

lmod=/usr/share/lmod/lmod/init/bash # where a login shell of Lmod leads the shells under it
if [ -e $lmod ]; then
  HOME=$scratch/user BASH_ENV=$lmod check "the modulefile" run_page docs/packaging.md modules
  cat log
else
  echo "SKIPPED: the modulefile, since there is no Lmod (tools/install_packages.sh test installs it)"
fi

if over_the_system true 2>err; then
  echo 'APT::Get::Assume-Yes "true";' >apt.conf
  dpkg-query -W >packages
  export -f run_page install_packages
  export source_dir copy DEBIAN_FRONTEND=noninteractive APT_CONFIG=$scratch/apt.conf
  check "the Debian packages" over_the_system bash -c install_packages
  cat log
  check "which are nowhere else" cmp packages <(dpkg-query -W)
else
  echo "SKIPPED: the Debian packages, which want root and a layer over /usr: $(head -1 err)"
fi
sed 's,/,,g' "$source_dir/.gitignore" >ignored
check "no page leaves anything in the source tree" diff -rq -x .git -X ignored "$source_dir" "$copy"
cat log
finish
