#!/bin/bash
# Help, versions and wrong usage of every command.
. "${FCAST_SOURCE_DIR:?}/tests/support/shell.sh" || exit 1

expect 2 -- "$FLOCKCAST"
expect 0 -- "$FLOCKCAST" --help
expect 0 -- "$FLOCKCAST" --version
sed -n '/^Commands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' <("$FLOCKCAST" --help) >commands
check "seven commands are listed" test "$(wc -l <commands)" -ge 7
while read -r command; do
  expect 0 -- "$FLOCKCAST" "$command" --help
  check "$command has an example" grep -qE '^Examples?:' <("$FLOCKCAST" "$command" --help)
  check "$command says its usage" grep -q "^Usage: flockcast $command" <("$FLOCKCAST" "$command" --help)
  expect 2 'unknown option' -- "$FLOCKCAST" "$command" --no_such_option
done <commands

expect 2 "unknown command, did you mean 'simulate'" -- "$FLOCKCAST" simulat
expect 2 'did you mean --output_dir' -- "$FLOCKCAST" simulate --mode train --sim_id 0 --outputdir x
expect 2 'did you mean --oscar_dir' -- "$FLOCKCAST" local --oscar-dri x
expect 2 '--mode: missing' -- "$FLOCKCAST" simulate --sim_id 0 --output_dir x
expect 2 "--mode: found 'training'" -- "$FLOCKCAST" simulate --mode training --sim_id 0 --output_dir x
expect 2 '--sim_id: expected a value' -- "$FLOCKCAST" simulate --mode train --sim_id
expect 2 "unknown command, did you mean 'run'. see '" -- "$FLOCKCAST" rnu
expect 2 'unexpected; see' -- "$FLOCKCAST" run somewhere
expect 2 'unexpected, did you mean --config my.yml[?] see' -- "$FLOCKCAST" run my.yml
expect 2 '--set noise.eta: expected section.key=value' -- "$FLOCKCAST" run --set noise.eta 1
check "help of a command" cmp -s <("$FLOCKCAST" help train) <("$FLOCKCAST" train --help)
expect 2 "unknown command, did you mean 'train'" -- "$FLOCKCAST" help trian
mkdir empty
expect 3 'empty: found no runs, expected train_000' -- "$FLOCKCAST" train --train_dir empty --output_dir y
expect 3 "'flockcast train --train_dir empty/training --output_dir empty/models' makes" -- "$FLOCKCAST" local --oscar_dir empty
"$FLOCKCAST" status --quick --set ensemble.n_train=400 empty >said 2>&1
check "status repeats the command" grep -q 'flockcast status empty --quick --set ensemble.n_train=400 --resubmit$' said
check "and what makes it without Slurm" grep -q '^Without Slurm, here: flockcast run --oscar_dir .*/empty --set ensemble.n_train=400$' said
expect 2 'expected FILE.npz' -- "$FLOCKCAST" info
for id in -1 5-3 a 1.5 100 0-100; do
  expect 2 '--sim_id' -- "$FLOCKCAST" simulate --mode train --sim_id="$id" --output_dir x
done
expect 2 'm_test is 20' -- "$FLOCKCAST" simulate --mode test --sim_id 20 --output_dir x
expect 2 '--n_train' -- "$FLOCKCAST" train --train_dir x --output_dir y --n_train none
check "nothing was written" test ! -e x

# dashes and underscores mean the same, with and without "="
expect 0 -- "$FLOCKCAST" simulate --mode=train --sim-id=3 --output-dir=a
expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 3 --output_dir b
check "the same run" cmp a/train_003/traj.npz b/train_003/traj.npz

# a run that replaces one of another configuration leaves nothing of that
expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 3 --output_dir a --compute_order_params
expect 0 -- "$FLOCKCAST" simulate --mode train --sim_id 3 --output_dir a --set sim.T=3
expect 0 -- "$FLOCKCAST" check a/train_003
check "no order parameters of the old run" test ! -e a/train_003/order_params.npz
# one run has no interval
expect 0 -- "$FLOCKCAST" run --set ensemble.n_train=1 --set ensemble.m_test=1 --set rom.select=none --oscar_dir one --output_dir one/out
mv err said
check "one test run" grep -q '^Forecast of 1 test run;' out
check "a difference without an interval" grep -q 'better than the specified one by [0-9.]* in the one run there is' out
check "no interval of the law" grep -q 'too few runs for intervals' said
check "no nan" test -z "$(grep -h nan out said)"
expect 0 -- "$FLOCKCAST" info one/models/field_model.npz
check "columns stand below each other" test "$(cut -c24-26 out | sort -u | tr -d '\n')" = '<f8<i8typ'
finish
