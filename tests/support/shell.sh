# What the command-line tests share. Sourced by tests/cli/test_*.sh: runs in an empty directory, counts what fails.
set -u
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch" 2>/dev/null; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
n_passed=0
n_failed=0

# expect STATUS [PATTERN] -- COMMAND...: the exit status, and one line on standard error that matches PATTERN (none for
# status 0 unless a pattern is given). Output goes to ./out and ./err.
expect() {
  local status=$1 pattern="" found
  shift
  if [ "$1" != -- ]; then pattern=$1; shift; fi
  shift
  "$@" >out 2>err
  found=$?
  if [ "$found" -ne "$status" ]; then
    fail "exit status $found, expected $status" "$@"
  elif [ -n "$pattern" ] && ! grep -qE -- "$pattern" err; then
    fail "no line matches '$pattern'" "$@"
  elif [ "$status" -ne 0 ] && [ "$(grep -c '^flockcast' err)" -ne 1 ]; then
    fail "expected one error line" "$@"
  else
    n_passed=$((n_passed + 1))
  fi
}

fail() {
  local why=$1
  shift
  n_failed=$((n_failed + 1))
  echo "FAIL: $why: $*"
  sed 's/^/  | /' err | head -5
}

# check WHAT COMMAND...: the command succeeds.
check() {
  local what=$1
  shift
  if "$@" >log 2>err; then n_passed=$((n_passed + 1)); else fail "$what" "$@"; fi
}

finish() {
  echo "$n_passed passed, $n_failed failed"
  [ "$n_failed" -eq 0 ] && [ "$n_passed" -gt 0 ]
}
