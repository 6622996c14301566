#!/bin/bash
# A private sshd on 127.0.0.1 for one test, with keys of its own; ~/.ssh is neither read nor written.
#
#   . tests/support/sshd.sh
#   sshd_available || exit 77
#   trap 'sshd_stop "$dir"' EXIT
#   sshd_start "$dir"                      # further sshd_config lines may follow, and win over those here
#   ssh flockhost true; rsync -a "flockhost:$PWD/tree/" copy/
#
# Both ways of reaching it lead to the wrapper DIR/bin/ssh, which is `ssh -F DIR/ssh_config`: it comes first in PATH, for
# programs that call ssh, and RSYNC_RSH names it, for programs that call plain rsync. SSHD_CLIENT_CONFIG is that file.
# The home directory over there is DIR/home, so that nobody's .bashrc takes part: flockhost:data is DIR/home/data.
# By hand: eval "$(tests/support/sshd.sh start DIR)", and tests/support/sshd.sh stop DIR at the end.
# shellcheck source=tests/support/slurm.sh
. "$(dirname "${BASH_SOURCE[0]}")/slurm.sh" || exit 1 # daemon_start and its like

sshd_available() {
  local PATH=$PATH:/usr/sbin:/sbin program missing=""
  for program in sshd ssh ssh-keygen rsync; do
    command -v "$program" >/dev/null || missing="$missing $program"
  done
  [ -z "$missing" ] && return
  echo "SKIPPED: no sshd here, missing:$missing (tools/install_packages.sh cluster installs it)" >&2
  return 1
}

sshd_start() { # DIR [LINE...]
  local dir port key pam=no
  sshd_available && mkdir -p "${1:?}/bin" "$1/home" && dir=$(cd "$1" && pwd -P) || return 1
  shift
  if daemon_alive "$dir" sshd; then echo "sshd_start: $dir: runs already" >&2; return 1; fi
  port=$(free_port 127.0.0.1)
  for key in host client; do
    [ -s "$dir/${key}_key" ] || ssh-keygen -q -t ed25519 -N "" -C "$key" -f "$dir/${key}_key" || return 1
  done
  cp "$dir/client_key.pub" "$dir/authorized_keys"
  echo "flockhost $(cat "$dir/host_key.pub")" >"$dir/known_hosts"
  # Without PAM sshd lets nobody in whose password is locked with an exclamation mark; some containers' root has one.
  case $(getent shadow "$(id -un)" | cut -d: -f2) in !*) pam=yes ;; esac
  [ -e "$dir/home/.bashrc" ] || echo cd >"$dir/home/.bashrc" # sshd starts in the real home, and bash reads this there
  { printf '%s\n' "$@"; cat <<CONF; } >"$dir/sshd_config"
ListenAddress 127.0.0.1
Port $port
HostKey $dir/host_key
PidFile $dir/sshd.pid
AuthorizedKeysFile $dir/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
SetEnv HOME=$dir/home
StrictModes no
UsePAM $pam
PermitUserRC no
PrintMotd no
Subsystem sftp internal-sftp
CONF
  cat >"$dir/ssh_config" <<CONF
Host flockhost
  HostName 127.0.0.1
  HostKeyAlias flockhost
  Port $port
  User $(id -un)
  IdentityFile $dir/client_key
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile $dir/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 15
  LogLevel ERROR
CONF
  printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(PATH=/usr/local/bin:/usr/bin:/bin type -P ssh)" "$dir/ssh_config" >"$dir/bin/ssh"
  chmod 755 "$dir/bin/ssh"
  if [ "$(id -u)" -eq 0 ]; then mkdir -p /run/sshd && chmod 755 /run/sshd; fi # privilege separation; usually made at boot
  daemon_start "$dir" sshd "$(PATH=$PATH:/usr/sbin:/sbin type -P sshd)" -D -e -f "$dir/sshd_config"
  export PATH=$dir/bin:$PATH RSYNC_RSH=$dir/bin/ssh SSHD_CLIENT_CONFIG=$dir/ssh_config
  wait_for 30 timeout 20 ssh flockhost true && return
  echo "sshd in $dir is not ready; the end of its log:" >&2
  tail -n 8 "$dir/sshd.out" | sed 's/^/  /' >&2
  return 1
}

# sshd_stop DIR: sshd, its sessions, and what was started in them: that has our port in its environment.
sshd_stop() {
  local dir pid port
  dir=$(cd "${1:?}" 2>/dev/null && pwd -P) && [ -f "$dir/sshd_config" ] || return 0
  port=$(awk '$1 == "Port" {print $2; exit}' "$dir/sshd_config")
  if daemon_alive "$dir" sshd; then
    read -r pid _ <"$dir/sshd.own"
    pkill -P "$pid" || true
  fi
  daemon_stop "$dir" sshd || return 1
  for pid in $(grep -lzE "^SSH_CONNECTION=.* 127\.0\.0\.1 $port\$" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3); do
    kill -KILL "$pid" 2>/dev/null || true
  done
  PATH=${PATH//"$dir/bin:"/}
  unset RSYNC_RSH SSHD_CLIENT_CONFIG
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  case "${1:-}:${2:-}" in
    start:?*) sshd_start "${@:2}" && echo "export PATH='$PATH' RSYNC_RSH=$RSYNC_RSH SSHD_CLIENT_CONFIG=$SSHD_CLIENT_CONFIG" ;;
    stop:?*) sshd_stop "$2" ;;
    *) echo "usage: tests/support/sshd.sh start DIR [LINE...] | stop DIR" >&2; exit 2 ;;
  esac
fi
