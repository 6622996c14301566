#!/bin/bash
# Standard error on a terminal and in a log: bars, lines, --verbose, and errors that follow them.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

# on_terminal FILE COMMAND: what a terminal of 80 columns shows goes to FILE
on_terminal() {
  local file=$1
  shift
  script -qec "stty cols ${COLUMNS_OF_IT:-80}; $one_core $*" /dev/null >"$file" 2>&1 </dev/null
}

# 40 runs, at most 8 at a time and on one core, so that they take seconds on any machine and do not all end at once.
export OMP_NUM_THREADS=1
one_core="taskset -c $(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')"
slow="--set sim.N=4000 --set sim.T=16 --set sim.Lx=60 --set sim.Ly=60 --set sim.save_every=60"
on_terminal bar "'$FLOCKCAST' simulate --mode train --sim_id 0-39 --output_dir slow $slow"
check "a bar that moves" "$FCAST_PYTHON" -c '
import re
text = open("bar", newline="").read()
bars = re.findall(r"\r(simulate training runs .*?)\x1b\[K", text)
assert len(bars) >= 2 and all("[" in b for b in bars) and any("left" in b and re.search("/s|/min", b) for b in bars), text
assert max(map(len, bars)) < 80, bars
assert re.search(r"\r\x1b\[Ksimulate training runs +40 of 40 in [0-9.]+ s\r\n$", text), text'

# --- an error after a bar stands on a line of its own; no line is longer than the terminal is wide ---
rm -r slow/train_00* slow/train_01* slow/train_039
touch slow/train_039
COLUMNS_OF_IT=40 on_terminal failed "'$FLOCKCAST' simulate --mode train --sim_id 0-39 --output_dir slow $slow"
check "the error begins its line, and bars are narrow" "$FCAST_PYTHON" -c '
import re
text = open("failed", newline="").read()
bars = re.findall(r"\r(simulate training runs .*?)\x1b\[K", text)
assert bars and max(map(len, bars)) < 40, text
assert re.search(r"\r\x1b\[Kflockcast simulate: [^\r\n]*train_039[^\r\n]*\r\n$", text), text
assert "of 40 in" not in text'
rm slow/train_039

# --- a log has no bars, and few lines ---
expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 30-38 --output_dir slow $slow
cp err log_lines
check "no bars" bash -c "! grep -q $'\r' log_lines && ! grep -q '\[#' log_lines"
check "one line says it, one what was kept" test "$(wc -l <log_lines)" -eq 2
check "a dumb terminal is a log" bash -c "TERM=dumb script -qec \"'$FLOCKCAST' simulate --mode train --sim_id 30-38 --output_dir slow $slow\" /dev/null </dev/null >dumb && ! grep -q $'\r.*\[' dumb && grep -q '9 of 9' dumb"

# --- --verbose: every command takes it and says why; without it the same stages say less ---
small="--set ensemble.n_train=6 --set ensemble.m_test=4 --set density.nx=16 --set density.ny=16 --set rom.target_energy=0.9 --set rom.ridge_alpha=1"
expect 0 -- "$FLOCKCAST" run $small
cp err quiet
expect 0 -- "$FLOCKCAST" run $small --verbose
cp err loud
check "silent by default" bash -c "! grep -qE '^(program|machine|keep|POD) ' quiet"
for pattern in '^machine .* threads' '^configuration .*6 --set' '^keep .*train_003: whole' '^POD .*method of snapshots, since' 'modes hold .*eigenpairs by' \
  '^MVAR .* regressors \(.* modes x 4 lags\) on .* windows' '^choose a model +Fourier' 'simplest|none simpler' '^predict and score .* models' '^test_003 '; do
  check "--verbose says $pattern" grep -qE "$pattern" loud
done
check "the table of runs is not in the report" bash -c "! grep -q '^test_003 ' out"
expect 0 '^check .*expected 6 training and 4 test runs' -- "$FLOCKCAST" check oscar_outputs --verbose
expect 0 '^configuration .*oscar_outputs/config.yml, which lies beside the data' -- "$FLOCKCAST" status oscar_outputs --verbose
"$FLOCKCAST" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' >commands
while read -r command; do
  check "$command has --verbose" grep -q '^  --verbose ' <("$FLOCKCAST" "$command" --help)
done <commands

# --- Ctrl-C says what it leaves, and ends as the signal does ---
expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 0-9 --output_dir long --set sim.N=40 --set sim.T=40
check "Ctrl-C in training" "$FCAST_PYTHON" -c '
import os, pty, re, sys
# 4,010 frames of 64 x 64 cells and all of their modes: the eigenproblem takes seconds on any machine
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "train", "--train_dir", "long", "--output_dir", "interrupted", "--set", "rom.target_energy=1"])
text = b""
try:
    while piece := os.read(terminal, 4096):
        if not text:
            os.write(terminal, b"\x03")
        text += piece
except OSError:
    pass
status = os.waitpid(pid, 0)[1]
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == 2, (status, text)
assert re.search(rb"\r\x1b\[Kflockcast: interrupted; [^\r\n]*\r\n$", text), text' "$FLOCKCAST"
check "which is nothing" test ! -e interrupted

# --- advice for recorded runs: nobody can simulate more of them ---
"$FCAST_PYTHON" - <<'END'
import glob, json
for path in glob.glob("oscar_outputs/test/test_*/metadata.json"):
    d = json.load(open(path))
    del d["checksum"]
    json.dump({**d, "ic_type": "recorded"}, open(path, "w"))
END
expect 0 -- "$FLOCKCAST" train --train_dir oscar_outputs/training --output_dir oscar_outputs/models --set rom.select=none --set rom.field=false
expect 0 -- "$FLOCKCAST" local --oscar_dir oscar_outputs --output_dir again
check "a model of few runs loses" grep -q 'LOSES to persistence' out
check "advice is about recordings" bash -c "grep -q 'more recordings' out && ! grep -q 'ensemble.n_train' out"
finish
