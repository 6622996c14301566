#!/bin/bash
# A private Slurm on this machine for one test: munged, slurmctld and slurmd, all files under DIR, loopback only.
#
#   . tests/support/slurm.sh
#   slurm_available || exit 77             # says on standard error what is missing
#   trap 'slurm_stop "$dir"' EXIT
#   slurm_start "$dir" MaxArraySize=11     # further slurm.conf lines; the same key replaces the default here
#   sbatch ...; slurm_wait_empty 60
#   slurm_node_down "$dir"; slurm_node_up "$dir"
#
# By hand: eval "$(tests/support/slurm.sh start DIR)", and tests/support/slurm.sh stop DIR at the end.

# --- daemons, also those of other helpers -----------------------------------------------------------------------------

# process_start PID: its start time in clock ticks; fails for a process that is gone, and for a zombie (process 1 of a
# container may reap late).
process_start() {
  local line fields
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -ra fields <<<"${line##*) }"
  [[ ${fields[0]} != [ZX] ]] && echo "${fields[19]}"
}

# daemon_start DIR NAME COMMAND...: in the background and the session of its own, output in DIR/NAME.out. It holds none
# of our file descriptors, is no child that `wait` would wait for, and ignores no signal. DIR/NAME.own tells a recycled
# process id from ours.
daemon_start() (
  dir=$1 name=$2
  shift 2
  set +m
  cd "$dir" && umask 022 && exec </dev/null >"$dir/$name.out" 2>&1 || exit 1
  for fd in "/proc/$BASHPID/fd/"*; do
    fd=${fd##*/}
    [ "$fd" -le 2 ] || eval "exec $fd>&-"
  done
  setsid env --default-signal "$@" &
  echo "$! $(process_start $!)" >"$dir/$name.own"
)

daemon_alive() { # DIR NAME
  local pid start
  { read -r pid start <"$1/$2.own"; } 2>/dev/null && [ -n "$start" ] && [ "$(process_start "$pid")" = "$start" ]
}

# daemon_stop DIR NAME [SIGNAL]: SIGTERM, and SIGKILL for one that is still there after 15 seconds.
daemon_stop() {
  local pid signal i
  for signal in "${3:-TERM}" KILL; do
    daemon_alive "$1" "$2" || break
    read -r pid _ <"$1/$2.own"
    kill -s "$signal" "$pid" 2>/dev/null || true
    for ((i = 0; i < 300; i++)); do
      daemon_alive "$1" "$2" || break
      sleep 0.05
    done
  done
  if daemon_alive "$1" "$2"; then echo "$2 ($pid) does not stop" >&2; return 1; fi
  rm -f "$1/$2.own"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.1
  done
}

free_port() { # ADDRESS: a port below those that the kernel hands out, with nobody listening
  local port
  while port=$((20000 + RANDOM % 12000)); (: <>"/dev/tcp/$1/$port") 2>/dev/null; do :; done
  echo "$port"
}

# --- the cluster ------------------------------------------------------------------------------------------------------

slurm_available() {
  local PATH=$PATH:/usr/sbin:/sbin program missing=""
  for program in munged munge mungekey slurmctld slurmd sbatch squeue scancel scontrol sinfo; do
    command -v "$program" >/dev/null || missing="$missing $program"
  done
  [ "$(id -u)" -eq 0 ] || missing="$missing (root)"
  [ -z "$missing" ] && return
  echo "SKIPPED: no Slurm here, missing:$missing (tools/install_packages.sh cluster installs it)" >&2
  return 1
}

# Slurm listens where the host name points to (NoInAddrAny). Where that is not loopback, /etc/hosts says so while a
# cluster runs: one line for each, so that two tests do not pull it away from each other. Written in place: in a
# container the file is a mount.
slurm_hosts() ( # SED_SCRIPT
  [ -e /etc/hosts ] || printf '127.0.0.1 localhost\n' >/etc/hosts # a bare image may have none
  exec 9</etc/hosts && flock 9
  text=$(sed "$1" /etc/hosts) && printf '%s\n' "$text" >/etc/hosts
)
slurm_address() { getent ahostsv4 "$(uname -n)" | awk '/^127\./ {print $1} {exit}'; }

# The last line of each key; partitions and nodes by their names.
slurm_last_of_each_key() {
  awk -F= '
    NF {
      key = tolower($1)
      if (key ~ /^(nodename|partitionname)$/) { split($0, words, " "); key = tolower(words[1]) }
      if (!(key in line)) order[++n] = key
      line[key] = $0
    }
    END { for (i = 1; i <= n; i++) print line[order[i]] }'
}

slurm_defaults() { # DIR ADDRESS
  local dir=$1 address=$2 node memory
  node=$(uname -n)
  node=${node%%.*}
  memory=$(awk '/^MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
  cat <<CONF
ClusterName=test
SlurmctldHost=$node($address)
SlurmctldPort=$(free_port "$address")
SlurmdPort=$(free_port "$address")
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock,cred_expire=10
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
MailProg=/bin/true
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
JobAcctGatherType=jobacct_gather/none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=1000,bf_interval=1
Epilog=/bin/true
KillWait=3
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=$node NodeAddr=$address CPUs=8 RealMemory=$memory State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

slurm_start() { # DIR [KEY=VALUE...]
  local PATH=$PATH:/usr/sbin:/sbin dir address
  slurm_available && mkdir -p "${1:?}/state" "$1/spool" && dir=$(cd "$1" && pwd -P) || return 1
  shift
  [ ${#dir} -le 60 ] || { echo "slurm_start: $dir: too long for the sockets in it" >&2; return 1; }
  if daemon_alive "$dir" slurmctld; then echo "slurm_start: $dir: runs already" >&2; return 1; fi
  if [ -z "$(slurm_address)" ] || grep -q '# slurm test ' /etc/hosts; then
    slurm_hosts "1i 127.0.0.1 $(uname -n) # slurm test $dir"
  fi
  address=$(slurm_address)
  unset "${!SLURM_@}" "${!SBATCH_@}" "${!SQUEUE_@}"
  { slurm_defaults "$dir" "$address"; printf '%s\n' "$@"; } | slurm_last_of_each_key >"$dir/slurm.conf"
  echo CgroupPlugin=cgroup/v1 >"$dir/cgroup.conf" # not used, but slurmd would look for a running systemd otherwise
  export SLURM_CONF=$dir/slurm.conf

  [ -s "$dir/munge.key" ] || mungekey --create --keyfile="$dir/munge.key" --bits=1024
  # --force: the directory of the socket may be closed to others, as mktemp makes it
  daemon_start "$dir" munged munged --foreground --force --key-file="$dir/munge.key" --socket="$dir/munge.sock" \
    --pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munge.seed"
  wait_for 30 munge -n -S "$dir/munge.sock" -o /dev/null || { slurm_complain "$dir" munged; return 1; }
  daemon_start "$dir" slurmctld slurmctld -D
  daemon_start "$dir" slurmd slurmd -D
  slurm_wait_idle "$dir"
}

slurm_complain() { # DIR WHAT
  local log
  echo "Slurm in $1: $2 is not ready; the ends of its logs:" >&2
  for log in "$1"/*.log "$1"/*.out; do
    [ ! -s "$log" ] || tail -n 8 "$log" | sed "s|^|  ${log##*/}: |" >&2
  done
}

slurm_is_idle() { [ "$(timeout 15 sinfo -h -N -o %T | sort -u)" = idle ]; }
slurm_idle_or_dead() { slurm_is_idle || ! daemon_alive "$1" slurmctld || ! daemon_alive "$1" slurmd; }
slurm_wait_idle() { # DIR
  if wait_for 60 slurm_idle_or_dead "$1" && slurm_is_idle; then return; fi
  slurm_complain "$1" "the node"
  return 1
}

# slurm_wait_empty SECONDS: until no job is pending or running.
slurm_no_job() { [ "$(timeout 15 squeue -h -o %i 2>&1 || echo failed)" = "" ]; }
slurm_wait_empty() {
  wait_for "$1" slurm_no_job && return
  echo "after $1 s there are still jobs:" >&2
  timeout 15 squeue -r >&2 || true
  return 1
}

# slurm_kill_steps DIR: what slurmd leaves behind. The steps have its log open, the jobs' processes have its
# configuration in their environment.
slurm_kill_steps() {
  local pid name
  for pid in $(grep -lzxF "SLURM_CONF=$1/slurm.conf" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3) \
    $(find /proc/[0-9]*/fd -maxdepth 1 -lname "$1/slurmd.log" 2>/dev/null | cut -d/ -f3); do
    { read -r name <"/proc/$pid/comm"; } 2>/dev/null || continue
    if [[ $name = slurmstepd* ]] || grep -qz '^SLURM_JOB_ID=' "/proc/$pid/environ" 2>/dev/null; then
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
  return 0
}

# The node dies with all that runs on it, and the controller knows at once: jobs are requeued, or fail (--no-requeue).
slurm_node_down() { # DIR
  local dir
  dir=$(cd "${1:?}" && pwd -P) || return 1
  local -x SLURM_CONF=$dir/slurm.conf
  daemon_stop "$dir" slurmd KILL && slurm_kill_steps "$dir" &&
    timeout 30 scontrol update NodeName=ALL State=DOWN Reason="switched off"
}

slurm_node_up() { # DIR
  local dir PATH=$PATH:/usr/sbin:/sbin
  dir=$(cd "${1:?}" && pwd -P) || return 1
  local -x SLURM_CONF=$dir/slurm.conf
  daemon_start "$dir" slurmd slurmd -D
  slurm_wait_idle "$dir"
}

slurm_stop() { # DIR
  local dir status=0 daemon
  dir=$(cd "${1:?}" 2>/dev/null && pwd -P) || return 0
  local -x SLURM_CONF=$dir/slurm.conf
  if daemon_alive "$dir" slurmctld; then
    timeout 15 squeue -h -o %A | sort -u | timeout 30 xargs -r scancel --quiet || true
    if daemon_alive "$dir" slurmd; then wait_for 15 slurm_no_job || true; fi
  fi
  for daemon in slurmd slurmctld munged; do daemon_stop "$dir" $daemon || status=1; done
  slurm_kill_steps "$dir"
  if grep -q "# slurm test $dir\$" /etc/hosts; then slurm_hosts "\\|# slurm test $dir\$|d"; fi
  return $status
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case "${1:-}:${2:-}" in
    start:?*) slurm_start "${@:2}" && echo "export SLURM_CONF=$SLURM_CONF" ;;
    stop:?*) slurm_stop "$2" ;;
    *) echo "usage: tests/support/slurm.sh start DIR [KEY=VALUE...] | stop DIR" >&2; exit 2 ;;
  esac
fi
