#!/bin/bash
# Fuzz every reader, or make the corpora small again:
#
#   tests/fuzz/run.sh run [SECONDS [READER...]]   two harnesses at a time; inputs that find something go to build/fuzz/findings
#   tests/fuzz/run.sh minimise [READER...]        corpus/READER becomes the fewest inputs that reach what all found so far reach
#
# The harnesses are those of `cmake --preset fuzz`. What they learn stays in build/fuzz/corpus from one call to the next.
set -u
cd "$(dirname "$0")/../.." || exit 1
harnesses=build/fuzz/tests/fuzz
learnt=build/fuzz/corpus
findings=build/fuzz/findings
logs=build/fuzz/logs
python=${FCAST_PYTHON:-/usr/bin/python3}
timeout=${FUZZ_TIMEOUT:-60} # seconds of one input; time that a harness is stopped counts too
max_corpus=16000 # bytes of a reader's corpus in the repository
# Small quarantines and no filling: twice as many executions for the same faults found.
export ASAN_OPTIONS=quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=4:max_malloc_fill_size=0:allocator_release_to_os_interval_ms=-1
export UBSAN_OPTIONS=print_stacktrace=1

mkdir -p "$learnt" "$findings" "$logs"
all_readers=$(for harness in tests/fuzz/fuzz_*.c; do basename "$harness" .c | sed s/fuzz_//; done)

# Seeds made by NumPy and Python, and what the repository holds.
seed() {
  "$harnesses/../../flockcast" config --defaults >build/fuzz/defaults.yml && "$python" tests/fuzz/seeds.py build/fuzz/seeds build/fuzz/defaults.yml
}

max_length() { case $1 in set | slurm) echo 512 ;; members) echo 5000 ;; moments) echo 1500 ;; config) echo 3000 ;; *) echo 2000 ;; esac; }

fuzz_one() { # READER SECONDS
  mkdir -p "$learnt/$1" "tests/fuzz/corpus/$1"
  nice -n 19 "$harnesses/fuzz_$1" -max_total_time="$2" -runs="${FUZZ_RUNS:--1}" -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout="$timeout" -report_slow_units="$timeout" -max_len="$(max_length "$1")" -reload=0 \
    -print_final_stats=1 -artifact_prefix="$findings/$1-" "$learnt/$1" "tests/fuzz/corpus/$1" "build/fuzz/seeds/$1" >"$logs/$1.log" 2>&1
}

# Executions add up over calls, so that the goal can be reached in pieces.
table() { # READER...
  local reader runs total found covered failed=0
  printf '| reader | executions now | in all | findings | edges reached | inputs kept |\n|---|---|---|---|---|---|\n'
  for reader in "$@"; do
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$reader.log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$logs/$reader.log" | tail -1)
    total=$(($(cat "$learnt/$reader.executions" 2>/dev/null || echo 0) + ${runs:-0}))
    echo "$total" >"$learnt/$reader.executions"
    found=$(find "$findings" -name "$reader-*" | wc -l)
    [ "$found" -eq 0 ] || failed=1
    printf '| %s | %s | %s | %s | %s | %s |\n' "$reader" "${runs:-0}" "$total" "$found" "${covered:-0}" "$(find "$learnt/$reader" -type f | wc -l)"
  done
  return $failed
}

minimise_one() { # READER
  local from="$learnt/$1" to="tests/fuzz/corpus/$1" new="build/fuzz/minimised/$1" file
  rm -rf "$new"; mkdir -p "$new" "$from" "$to"
  nice -n 19 "$harnesses/fuzz_$1" -merge=1 -artifact_prefix="$findings/$1-" -max_len="$(max_length "$1")" "$new" "$to" "build/fuzz/seeds/$1" "$from" >"$logs/$1-merge.log" 2>&1 || return 1
  find "$to" -type f ! -name 'regression-*' -delete
  # Every k-th by size, so that short and long stay in the size that a repository should carry; inputs that once found something
  # always stay (regression-*).
  find "$new" -type f -printf '%s %p\n' | sort -n |
    awk -v max=$max_corpus '{ total += $1; file[NR] = $2 } END { step = int(total / max) + 1; for (i = step; i <= NR; i += step) print file[i] }' |
    while read -r file; do cp "$file" "$to/$(sha1sum "$file" | cut -c 1-12)"; done
  echo "$1: $(find "$to" -type f | wc -l) inputs, $(cat "$to"/* | wc -c) bytes"
}

command=${1:-}
shift
case $command in
  run)
    seconds=${1:-60}
    shift
    readers=${*:-$all_readers}
    seed || exit 1
    running=0
    for reader in $readers; do
      fuzz_one "$reader" "$seconds" &
      running=$((running + 1))
      if [ $running -ge 2 ]; then wait -n; running=$((running - 1)); fi
    done
    wait
    # shellcheck disable=SC2086 # a list of words
    table $readers || { echo "findings: see $findings and $logs" >&2; exit 1; }
    ;;
  minimise)
    seed || exit 1
    for reader in ${*:-$all_readers}; do minimise_one "$reader" || exit 1; done
    ;;
  *)
    echo "usage: tests/fuzz/run.sh run [SECONDS [READER...]] | minimise [READER...]" >&2
    exit 2
    ;;
esac
