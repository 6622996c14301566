#!/bin/bash
# The private Slurm and the private sshd that the cluster tests run on: they start, do what a cluster does, and leave
# nothing behind. Needs no flockcast.
source_dir=${FCAST_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
# shellcheck source=tests/support/shell.sh
. "$source_dir/tests/support/shell.sh" || exit 1
# shellcheck source=tests/support/sshd.sh
. "$source_dir/tests/support/sshd.sh" || exit 1 # and slurm.sh with it
if ! slurm_available || ! sshd_available; then
  echo "0 passed, 0 failed"
  exit 77
fi
trap 'slurm_stop "$scratch/a"; slurm_stop "$scratch/b"; slurm_stop "$scratch/c"; sshd_stop "$scratch/s"; rm -rf "$scratch"' EXIT

timed() { # WHAT COMMAND...: like check, and prints the seconds
  local begin=${EPOCHREALTIME/[.,]/} what=$1
  check "$@"
  printf '%6d ms  %s\n' $(((${EPOCHREALTIME/[.,]/} - begin) / 1000)) "$what"
}

# ours: live processes, other than this shell, that work in the scratch directory, hold a file in it open, or name it in
# their environment.
ours() {
  local pids pid
  pids=$(
    cd / || exit 1
    find /proc/[0-9]*/cwd /proc/[0-9]*/fd -maxdepth 1 -lname "$scratch*" 2>/dev/null | cut -d/ -f3
    grep -lF "$scratch" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3
  )
  for pid in $(sort -u <<<"$pids"); do
    if [ "$pid" != $$ ] && [ "$pid" != "$BASHPID" ] && process_start "$pid" >/dev/null; then ps -o pid=,ppid=,args= -p "$pid"; fi
  done
}
is() { [ "$1" = "$2" ] || { echo "found '$1', expected '$2'" >&2; return 1; }; }
refused() { # PATTERN COMMAND...: it fails, and says so
  local pattern=$1 said
  shift
  if said=$("$@" 2>&1); then echo "did not fail: $said" >&2; return 1; fi
  grep -E -- "$pattern" <<<"$said" || { echo "$said" >&2; return 1; }
}
job_has() { scontrol -o show job "$1" | grep -qE "$2"; } # ID PATTERN
job_reaches() { wait_for 40 job_has "$1" "$2" || { scontrol show job "$1" >&2; return 1; }; }
slurm_sh=$source_dir/tests/support/slurm.sh
sb() { sbatch --parsable --output=/dev/null "$@"; }

check "nothing of ours runs before" is "$(ours)" ""

# --- up ---
timed "slurm_start" slurm_start "$scratch/a" MaxArraySize=11 maxjobcount=500
check "KEY=VALUE reaches Slurm" is "$(scontrol show config | awk '$1 == "MaxArraySize" {print $3}')" 11
check "the same key replaces ours" is "$(grep -ci '^maxjobcount=' "$SLURM_CONF")" 1
check "a second start is refused" refused 'runs already' "$slurm_sh" start "$scratch/a"
check "the commands know the cluster" is "$(sinfo -h -o '%T %c')" "idle 8"
check "loopback only" is "$(scontrol show node | grep -o 'NodeAddr=127\.')" "NodeAddr=127."

# --- a second cluster beside it, from a pipe: with a daemon at its other end, cat would never return ---
timed "a second cluster" timeout 100 bash -o pipefail -c '"$0" start "$1" | cat' "$slurm_sh" "$scratch/b"
check "it names its configuration" is "$(cat log)" "export SLURM_CONF=$scratch/b/slurm.conf"
other() { SLURM_CONF=$scratch/b/slurm.conf "$@"; }
check "it runs a job" other sbatch --output=b.txt --wrap hostname
check "to its end" other slurm_wait_empty 60
check "with its output" is "$(cat b.txt)" "$(hostname)"
check "the first has not seen it" is "$(squeue -h -t all)" ""
timed "its slurm_stop" slurm_stop "$scratch/b"

# --- a configuration that Slurm refuses ---
timed "a wrong configuration fails" refused 'slurmctld.out: .*NoSuchKey' "$slurm_sh" start "$scratch/c" NoSuchKey=1
check "and stops" slurm_stop "$scratch/c"

# --- arrays and dependencies ---
twenty() {
  local first second
  first=$(sb --array=0-9 --wrap true) && second=$(sb --array=0-9 --wrap true) &&
    sbatch --parsable --dependency="afterok:$first:$second" --output=after.txt --wrap 'echo after' && slurm_wait_empty 60
}
timed "20 tasks and a dependent job" twenty
check "the dependent job ran" is "$(cat after.txt)" after
check "an index beyond MaxArraySize" refused 'Invalid job array specification' sbatch --array=0-11 --wrap true
failing=$(sb --wrap false)
dependent=$(sb --dependency="afterok:$failing" --wrap true)
check "a dependency that fails" job_reaches "$dependent" DependencyNeverSatisfied
check "slurm_wait_empty says what waits" refused "$dependent.*Dependency" slurm_wait_empty 1
check "scancel of a pending job" scancel "$dependent"

# --- scancel of a running job ---
job=$(sb --wrap 'sleep 300')
check "it runs" job_reaches "$job" JobState=RUNNING
check "scancel" scancel "$job"
check "it is cancelled" job_reaches "$job" JobState=CANCELLED
timed "and gone" slurm_wait_empty 40

# --- the node dies and comes back ---
# shellcheck disable=SC2016 # for the job's shell
kept=$(sb --wrap "echo run >>'$scratch/runs'; [ -n \"\$SLURM_RESTART_COUNT\" ] || sleep 300")
lost=$(sb --no-requeue --wrap 'sleep 300')
check "two jobs run" job_reaches "$kept" JobState=RUNNING
check "two jobs run" job_reaches "$lost" JobState=RUNNING
check "the first has begun" wait_for 20 test -s runs
timed "slurm_node_down" slurm_node_down "$scratch/a"
check "one job is lost" job_reaches "$lost" JobState=NODE_FAIL
check "one job is requeued" job_reaches "$kept" JobState=PENDING
check "the node is down" is "$(sinfo -h -o %T | tr -d '*')" down
timed "slurm_node_up" slurm_node_up "$scratch/a"

# --- sshd, while the requeued job waits for its time ---
timed "sshd_start" sshd_start "$scratch/s"
check "ssh by name" ssh flockhost true
check "an exit status comes back" is "$(ssh flockhost 'exit 7'; echo $?)" 7
check "a path of its own" /usr/bin/ssh -F "$SSHD_CLIENT_CONFIG" flockhost true
mkdir -p tree/deep && seq 1000 >tree/deep/numbers && : >tree/empty
check "rsync through RSYNC_RSH" env PATH=/usr/bin:/bin rsync -a "flockhost:$scratch/tree/" copy/
check "rsync -e ssh" rsync -a -e ssh tree/ flockhost:back/
check "the same tree" diff -r tree copy
check "the same tree, in a home of its own" diff -r tree s/home/back
check "a host key that has changed" refused 'verification failed' ssh -o HostKeyAlias=other flockhost true
ssh flockhost "cd '$scratch'; exec sleep 300" 2>/dev/null &
client=$!

timed "the requeued job runs again" slurm_wait_empty 60
check "twice in all" is "$(grep -c run runs)" 2

# --- down ---
sb --array=0-3 --wrap 'sleep 300' >/dev/null
sb --wrap 'trap "" TERM; sleep 300; sleep 300' >/dev/null
sleep 1
check "our processes are seen while they run" test "$(ours | wc -l)" -ge 6
timed "slurm_stop with running jobs" slurm_stop "$scratch/a"
timed "slurm_stop again" slurm_stop "$scratch/a"
timed "sshd_stop with an open session" sshd_stop "$scratch/s"
check "sshd_stop again" sshd_stop "$scratch/s"
wait "$client"
check "nothing of ours runs after" is "$(ours)" ""
check "the host table is as it was" is "$(grep -F "$scratch" /etc/hosts)" ""

finish
