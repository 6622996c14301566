#!/bin/bash
# What `doctor` finds, and what it makes of a machine that lacks something.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

found() { # NAME HEALTH [PATTERN]: a finding in ./out
  check "$1 is $2 ${3-}" "$FCAST_PYTHON" -c '
import json, re, sys
name, health, pattern = sys.argv[1:]
one = {c["name"]: c for c in json.load(open("out"))["checks"]}[name]
assert one["health"] == health and re.search(pattern, one["found"] + " " + one["advice"]), one' "$1" "$2" "${3-}"
}

expect 0 -- "$FLOCKCAST" doctor
check "it says that all is there" grep -q '^All that simulating' out
expect 0 -- "$FLOCKCAST" doctor --json
cp out doctor.json
found program ok "$("$FLOCKCAST" --version | sed -n '1s/^flockcast \([0-9.]*\).*/\1/p')"
found random_numbers ok NumPy
found linear_algebra ok
found blas ok
found current_directory ok
check "a line of advice for everything that is not ok, and for nothing else" "$FCAST_PYTHON" -c '
import json
d = json.load(open("doctor.json"))
assert d["is_ok"] and all((c["health"] == "ok") == (c["advice"] == "") for c in d["checks"]), d
assert len({c["name"] for c in d["checks"]}) == len(d["checks"]) >= 20'
check "nothing is left behind" test -z "$(ls -A | grep doctor- || true)"

# --- a machine that lacks something ---
expect 0 -- env OMP_NUM_THREADS=999 "$FLOCKCAST" doctor --json
found threads note 'more threads than cores'
mkdir empty
expect 0 -- env PATH="$scratch/empty" "$FLOCKCAST" doctor --json
for name in sbatch squeue sacct ssh rsync; do found $name note 'not found'; done
found python note numpy
cp /bin/true empty/rsync
expect 0 -- env PATH="$scratch/empty" "$FLOCKCAST" doctor --json
found rsync ok "$scratch/empty/rsync"
if [ "$(id -u)" -ne 0 ] || setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
  mkdir closed
  chmod 555 closed
  chmod 755 "$scratch"
  as_user=""
  if [ "$(id -u)" -eq 0 ]; then
    cp "$FLOCKCAST" ./program # the build may lie where nobody else may look
    as_user="setpriv --reuid 65534 --clear-groups"
  else
    ln -s "$FLOCKCAST" program
  fi
  expect 1 '1 thing is missing' -- env -C closed $as_user ../program doctor --json
  found current_directory missing 'directory of your own'
fi
finish
