#!/bin/bash
# The whole path through a real Slurm and a real ssh: submit, arrays, training, status, repair, sync, local.
source_dir=${FCAST_SOURCE_DIR:?}
. "$source_dir/tests/support/shell.sh" || exit 1
. "$source_dir/tests/support/sshd.sh" || exit 1 # and slurm.sh with it
if ! slurm_available || ! sshd_available; then
  echo "0 passed, 0 failed"
  exit 77
fi
trap 'slurm_stop "$scratch/a"; sshd_stop "$scratch/s"; rm -rf "$scratch"' EXIT
slurm_start "$scratch/a" MaxArraySize=11 || exit 1

seconds() { # WHAT COMMAND...: like check, and prints how long it took
  local begin=${EPOCHREALTIME/[.,]/}
  check "$@"
  printf '%7d ms  %s\n' $(((${EPOCHREALTIME/[.,]/} - begin) / 1000)) "$1"
}
same_tree() { # A B: the same bytes, metadata but for provenance
  "$FCAST_PYTHON" - "$1" "$2" <<'P'
import json, os, sys
def tree(root):
    files = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            data = open(path, "rb").read()
            if name.endswith(".json"):
                value = json.loads(data)
                value.pop("provenance")
                data = json.dumps(value)
            files[os.path.relpath(path, root)] = data
    return files
a, b = (tree(root) for root in sys.argv[1:])
wrong = sorted(set(a) ^ set(b)) + [name for name in a if name in b and a[name] != b[name]]
assert a and not wrong, wrong
P
}
submit() { "$FLOCKCAST" submit --oscar_dir "$1" --log_dir "$1.logs" "${@:2}"; }
status() { "$FLOCKCAST" status "$1" "${@:2}"; }
jobs_in() { grep -c '^job' "$1"; }

# --- the default ensemble, packed: the same files as `flockcast run` ---
check "the reference" "$FLOCKCAST" run --oscar_dir reference --output_dir local_reference
expect 0 -- submit packed
cp out said
check "three jobs" test "$(jobs_in said)" -eq 3
check "short runs share a task" grep -q 'training runs, 100 in a task, tasks 0' said
seconds "100 + 20 runs packed, and training" slurm_wait_empty 120
expect 0 -- status packed
for folder in training test models; do check "packed $folder is that of run" same_tree reference/$folder packed/$folder; done
check "provenance names the job" grep -q '"array_task_id": "0"' packed/training/train_000/metadata.json
expect 0 -- submit packed
check "nothing left to submit" grep -q 'everything is there' out
expect 0 -- submit dry --dry-run
check "a dry run submits nothing and writes nothing" test -z "$(squeue -h)" -a ! -e dry

# --- one run a task, more tasks than Slurm's largest index: split; submitted twice ---
unpacked="--set cluster.runs_per_task=1 --set ensemble.n_train=25 --set ensemble.m_test=4"
expect 0 -- submit split $unpacked --set cluster.max_running=4
cp out said
check "25 tasks in three arrays, 4 at a time" test "$(grep -c 'training runs, 1 in a task' said)" -eq 3
check "throttled" grep -q 'tasks 0-10%4' said
expect 0 -- submit split $unpacked --set cluster.max_running=4
check "no job twice" test "$(grep -c '^job' out)" -eq 0
expect 2 'of another configuration is in the queue' -- submit split $unpacked --set sim.N=41
seconds "25 + 4 runs unpacked, and training" slurm_wait_empty 120
expect 0 -- status split
check "logs are where SPEC has them" test -s split.logs/train_3.err -a -s split.logs/test_0.err -a -s split.logs/training.err

# --- a task that fails: training does not wait for ever, status says how to go on ---
mkdir -p broken/training && : >broken/training/train_003 # a file where the run's directory goes
expect 0 -- submit broken $unpacked
check "the queue empties" slurm_wait_empty 120
expect 3 'models missing' -- status broken
cp out said
check "status names the run" grep -q 'missing: train 3$' said
check "status names the command" grep -q 'flockcast status broken --resubmit' said
check "the task said why" grep -q 'train_003' broken.logs/train_3.err
rm broken/training/train_003
expect 0 -- status broken --resubmit --log_dir broken.logs
check "only the missing one" grep -q 'training runs, 1 in a task, tasks 3' out
check "it runs" slurm_wait_empty 120
expect 0 -- status broken
check "and training is whole" same_tree split/training broken/training

# --- a damaged file is found and made again ---
truncate -s 1000 broken/test/test_002/density.npz
expect 3 'expected all' -- status broken
check "named" grep -q 'test_002/density.npz' out
expect 0 -- status broken --resubmit --log_dir broken.logs
check "it runs" slurm_wait_empty 60
check "the same bytes" same_tree split/test broken/test

# --- a signal in the middle: whole runs stay, the rest is made later ---
long="--set sim.N=400 --set sim.T=40 --set ensemble.n_train=12 --set ensemble.m_test=1 --set cluster.runs_per_task=12"
"$FLOCKCAST" simulate --mode train --sim_id 0-11 --output_dir undisturbed $long 2>/dev/null
expect 0 -- submit killed $long
wait_for 60 test -e killed/training/train_001/metadata.json
scancel --signal=TERM --batch "$(sed -n 's/^job \([0-9]*\) *training runs.*/\1/p' out)"
check "the queue empties" slurm_wait_empty 120
check "it says how far it came" grep -q 'stopped by signal 15 after .* all of them whole' killed.logs/train_0.err
check "no half run and no temporary file" test -z "$(find killed -name '.*.tmp*')"
expect 0 -- status killed --resubmit --log_dir killed.logs
check "the rest is made" slurm_wait_empty 120
check "the same bytes as undisturbed" same_tree undisturbed killed/training

# --- a node that dies and comes back ---
expect 0 -- submit node $long --set sim.T=60
wait_for 60 test -e node/training/train_000/metadata.json
check "the node dies" slurm_node_down "$scratch/a"
check "and comes back" slurm_node_up "$scratch/a"
check "the requeued jobs end" slurm_wait_empty 180
"$FLOCKCAST" status node >/dev/null 2>&1 || { status node --resubmit --log_dir node.logs >/dev/null; slurm_wait_empty 180; }
expect 0 -- status node
check "no temporary file" test -z "$(find node -name '.*.tmp*')"

# --- two tasks given the same run by mistake ---
twice() { "$FLOCKCAST" simulate --mode train --sim_id 0-5 --output_dir twice 2>/dev/null; }
twice & twice & twice &
wait
check "harm nothing" bash -c 'rm -rf part && mkdir part && cp -r reference/training/train_00[0-5] part'
check "the same bytes as one" same_tree part twice

# --- to the laptop: ssh, rsync, check, local ---
sshd_start "$scratch/s" || exit 1
mkdir -p "$scratch/s/home/work" && cp -r packed "$scratch/s/home/work/oscar_outputs"
timeout 0.6 "$FLOCKCAST" sync flockhost:work/oscar_outputs laptop >/dev/null 2>&1 # a transfer cut short, as by Ctrl-C
wait_for 20 bash -c '! pgrep -x rsync' # its processes end a moment later
seconds "sync of 100 + 20 runs over ssh" "$FLOCKCAST" sync flockhost:work/oscar_outputs laptop
find laptop -mindepth 1 -name '.*' -prune -exec rm -rf {} + # what the cut transfer left is rsync's own affair
check "the same files, also after the cut" same_tree packed laptop
check "a second time moves nothing" "$FLOCKCAST" sync flockhost:work/oscar_outputs laptop
check "a plain directory" "$FLOCKCAST" sync packed copy
expect 1 'ssh did not connect' -- "$FLOCKCAST" sync nosuchhost:work other
expect 3 'No such file' -- "$FLOCKCAST" sync flockhost:nowhere other
rm -rf laptop/training
seconds "local on the laptop" "$FLOCKCAST" local --oscar_dir laptop --output_dir local_laptop
check "the scores of run" cmp local_reference/metrics_all_runs.csv local_laptop/metrics_all_runs.csv

# --- without Slurm ---
slurm_stop "$scratch/a"
expect 0 -- env -u SLURM_CONF PATH=/nowhere "$FLOCKCAST" status packed
check "from the files alone" grep -q 'does not answer here' out
expect 1 'sbatch: not found' -- env -u SLURM_CONF PATH=/nowhere "$FLOCKCAST" submit --oscar_dir fresh --log_dir logs
finish
