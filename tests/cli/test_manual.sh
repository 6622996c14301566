#!/bin/bash
# The man pages of the build: whole, clean, and of the same options and keys as the program.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

manual=$(dirname "$FLOCKCAST")/manual
"$FLOCKCAST" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' >commands
while read -r command; do
  check "a page of $command" test -s "$manual/flockcast-$command.1"
  check "$command points to it" grep -q "^More: man flockcast-$command\$" <("$FLOCKCAST" "$command" --help)
done <commands
check "no others" test "$(ls "$manual" | wc -l)" -eq $(($(wc -l <commands) + 2))

for page in "$manual"/*; do
  name=$(basename "$page")
  for section in NAME DESCRIPTION FILES EXAMPLES 'SEE ALSO'; do
    check "$name: $section" grep -q "^\.SH $section\$" "$page"
  done
  if [ "${name%.1}" != "$name" ]; then
    for section in SYNOPSIS OPTIONS 'EXIT STATUS' ENVIRONMENT; do
      check "$name: $section" grep -q "^\.SH $section\$" "$page"
    done
  fi
  if command -v groff >/dev/null; then
    check "$name: groff has nothing to say" test -z "$(groff -man -ww -z "$page" 2>&1)"
  fi
  if command -v mandoc >/dev/null; then
    check "$name: mandoc has nothing to say" mandoc -T lint -W warning "$page"
  fi
done

check "the options of --help, and no others" "$FCAST_PYTHON" -c '
import re, subprocess, sys
program, manual = sys.argv[1:]
plain = lambda text: text.replace("\\-", "-").replace("\\&", "")
for command in open("commands").read().split():
    text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
    page = plain(open(f"{manual}/flockcast-{command}.1").read())
    assert re.findall(r"^  (--\w+)", text, re.M) == re.findall(r"^\.B (--\w+)", page, re.M), command
    example = re.search(r"^Examples?:\n  (.*)", text, re.M).group(1)
    assert example in page, (command, example)' "$FLOCKCAST" "$manual"
check "every key with its default" "$FCAST_PYTHON" -c '
import json, re, subprocess, sys
program, manual = sys.argv[1:]
page = open(f"{manual}/flockcast-config.5").read().replace("\\-", "-")
keys = dict(re.findall(r"^\.TP\n\.B (\S+)\n(?:.*\n)*?Default: ((?:.*\n)+?)(?=\.[TS])", page, re.M))
shown = 0
def walk(value, path):
    global shown
    for key, inside in value.items():
        if isinstance(inside, dict):
            walk(inside, path + [key])
        else:
            found = " ".join(keys[".".join(path + [key])].split())[:-1]
            assert (found == (inside or "none")) if isinstance(inside, str) else (json.loads(found) == inside), (path, key, found)
            shown += 1
walk(json.loads(subprocess.run([program, "config"], capture_output=True, text=True).stdout), [])
assert shown > 40, shown' "$FLOCKCAST" "$manual"

# What the documents tell users to type is there.
check "options in README.md and docs/ exist" "$FCAST_PYTHON" -c '
import pathlib, re, subprocess, sys
program, root = sys.argv[1], pathlib.Path(sys.argv[2])
options, n = {}, 0
for command in open("commands").read().split():
    text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
    options[command] = set(re.findall(r"^  --(\w+)", text, re.M)) | {"help"}
for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
    for command, rest in re.findall(r"flockcast ([a-z]+)((?: [^`|#;&\n]*)?)", page.read_text()):
        for option in re.findall(r"(?<=\s)--([a-z][\w-]*)", rest):
            if command in options:
                n += 1
                assert option.replace("-", "_") in options[command], f"{page.name}: flockcast {command} --{option}"
assert n > 30, n' "$FLOCKCAST" "$FCAST_SOURCE_DIR"
finish
