#!/bin/bash
# Completion in real shells: bash always, zsh and fish where they are.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

mkdir oscar_outputs
touch oscar.npz
for shell in bash zsh fish; do
  expect 0 -- "$FLOCKCAST" completion $shell
  cp out flockcast.$shell
  if command -v $shell >/dev/null; then check "$shell reads it" $shell -n flockcast.$shell; fi
done
expect 2 'expected one of bash, zsh, fish' -- "$FLOCKCAST" completion tcsh
"$FLOCKCAST" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' >commands

# in_bash EXPECTED WORD...: the last word is the one to complete, as bash cuts the line into words
in_bash() {
  local expected=$1
  shift
  check "bash: $* -> $expected" bash -c '
    . ./flockcast.bash
    expected=$1; shift
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
    complete -p flockcast | grep -q -- "-F _flockcast" || exit 1
    _flockcast 2>/dev/null
    [ "${COMPREPLY[*]}" = "$expected" ] || { echo "found ${COMPREPLY[*]}" >&2; exit 1; }' - "$expected" "$@"
}
in_bash simulate flockcast sim
in_bash "$(tr '\n' ' ' <commands)--help --version" flockcast ''
in_bash '--mode' flockcast simulate --mo
in_bash '--output_dir' flockcast simulate --output-d
in_bash 'train test' flockcast simulate --mode ''
in_bash 'train' flockcast simulate --mode = tr
in_bash '' flockcast simulate --sim_id ''
in_bash 'sim.bc=' flockcast simulate --set sim.b
in_bash 'periodic reflecting' flockcast simulate --set sim.bc =
in_bash 'fourier' flockcast train --set = rom.basis = f
in_bash 'true false' flockcast train --set rom.field =
in_bash 'uniform' flockcast train --set ensemble.ic_types = u
in_bash 'noise.eta=' flockcast sweep --grid noise.et
in_bash 'oscar_outputs' flockcast run --oscar_dir o
in_bash 'oscar.npz oscar_outputs' flockcast check os
in_bash '--json' flockcast check --js
in_bash '' flockcast simulate --js
in_bash 'bash zsh fish' flockcast completion ''
check "every option of every command, and every key" "$FCAST_PYTHON" -c '
import re, subprocess, sys
program, script = sys.argv[1], open("flockcast.bash").read()
for command in open("commands").read().split():
    text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
    options = re.findall(r"^  (--\w+)", text, re.M)
    found = re.search(rf"^    {command}\)\n      options=\"([^\"]*)\"", script, re.M).group(1).split()
    assert found == options, (command, found, options)
keys, path = [], []
for line in subprocess.run([program, "config", "--defaults"], capture_output=True, text=True).stdout.splitlines():
    match = re.match(r"( *)(\w+):(.*)", line)
    if match:
        path[len(match.group(1)) // 2:] = [match.group(2)]
        if match.group(3).split("#")[0].strip():
            keys.append(".".join(path))
found = re.search(r"compgen -S = -W \"([^\"]*)\"", script).group(1).split()
assert len(keys) > 50 and found == keys, set(found) ^ set(keys)' "$FLOCKCAST"

if command -v fish >/dev/null; then
  in_fish() { # EXPECTED LINE
    check "fish: $2 -> $1" bash -c 'export HOME=$PWD
      found=$(fish -N -c "source flockcast.fish; complete -C \"$2\"" | cut -f1 | tr "\n" " ")
      [ "$found" = "$1 " ] || { echo "found $found" >&2; exit 1; }' - "$1" "$2"
  }
  in_fish simulate 'flockcast sim'
  in_fish 'test train' 'flockcast simulate --mode '
  in_fish 'sim.bc=periodic sim.bc=reflecting' 'flockcast simulate --set sim.bc='
  in_fish '--json' 'flockcast check --js'
  in_fish 'bash fish zsh' 'flockcast completion '
fi

if command -v zsh >/dev/null; then
  mkdir functions
  cp flockcast.zsh functions/_flockcast
  cat >ask.zsh <<'END'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; fpath=($PWD/functions \$fpath); autoload -U compinit; compinit -u -D; bindkey '^I' complete-word; setopt no_beep; stty -echo; print rea''dy"
collect() { local piece; found=; while zpty -r -t z piece; do found+=$piece; done }
for ((i = 0; i < 100; i++)); do
  collect; all+=$found
  if [[ $all == *ready* ]]; then break; fi
  sleep 0.1
done
zpty -w -n z "$1"$'\t'
all=
for ((i = 0; i < 50; i++)); do
  collect; all+=$found
  if [[ $all == *$2* ]]; then exit 0; fi
  sleep 0.1
done
print -r -- "$1: found $all" >&2
exit 1
END
  check "zsh: a command" zsh -f ask.zsh 'flockcast simul' simulate
  check "zsh: the value of an option" zsh -f ask.zsh 'flockcast simulate --mode tr' train
  check "zsh: the value of a key" zsh -f ask.zsh 'flockcast simulate --set sim.bc=p' sim.bc=periodic
fi
finish
