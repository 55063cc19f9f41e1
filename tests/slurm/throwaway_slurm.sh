#!/usr/bin/env bash
# A real Slurm for tests: one controller and its nodes on this machine, all in one folder. Its daemons run as root
# in the foreground sense (no systemd, no cgroups, no accounting) and touch nothing of a Slurm that is installed.
#   eval "$(throwaway_slurm.sh start [CPUS] [--simulated-nodes])"
#                                         prints the SLURM_CONF to use. This machine is the only node, or the nodes
#                                         are those of tests/cluster/simulated_nodes.sh, on whose head this must run;
#                                         a node claims 8 CPUs by default
#   throwaway_slurm.sh stop               cancels the jobs, ends the daemons; logs stay in the folder
# THROWAWAY_SLURM_DIR names the folder; simulated nodes must see it. Exit codes: 77 cannot be had here, 1 did not
# start, 2 usage.
set -euo pipefail

folder=${THROWAWAY_SLURM_DIR:-${TMPDIR:-/tmp}/throwaway-slurm.$EUID}
simulator=$(dirname "$(dirname "$(realpath "${BASH_SOURCE[0]}")")")/cluster/simulated_nodes.sh
node_list=$folder/nodes # one line per node: its name in Slurm, its host name, its address
started=$folder/started # one line per daemon: process id, when it was started (so that no other is taken for it), name
export SLURM_CONF=$folder/slurm.conf

say() { echo "throwaway_slurm: $*" >&2; }

require() {
  ((EUID == 0)) || { say "needs root"; exit 77; }
  local program
  for program in munged slurmctld slurmd sinfo squeue scancel; do
    command -v "$program" >/dev/null || { say "$program is missing: apt-get install slurm-wlm munge"; exit 77; }
  done
}

# A process id alone may be given away again; together with its start time (in clock ticks since boot) it is not.
start_time() { # PID
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name in brackets may hold blanks; after it the start time is the 20th field. A zombie no longer counts.
  read -ra stat <<<"${stat##*) }"
  [[ ${stat[0]} != Z ]] && echo "${stat[19]}"
}

launch() { # NAME COMMAND...: in the background, out of reach of a Ctrl-C meant for the caller
  local pid
  setsid "${@:2}" >"$folder/log/$1.out" 2>&1 </dev/null &
  pid=$!
  echo "$pid $(start_time "$pid") $1" >>"$started"
}

poll() { # SECONDS COMMAND...: until the command succeeds
  local deadline=$((SECONDS + $1))
  until "${@:2}" 2>/dev/null; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# The first of two neighbouring TCP ports on which nobody listens. Random, so that two of us can run side by side.
free_ports() {
  local port
  while true; do
    port=$((20000 + RANDOM % 10000))
    { : <"/dev/tcp/127.0.0.1/$port" || : <"/dev/tcp/127.0.0.1/$((port + 1))"; } 2>/dev/null || break
  done
  echo "$port"
}

list_nodes() { # SIMULATED
  if [[ $1 == yes ]]; then
    bash "$simulator" hosts | awk '{ print $2, $2, $1 }'
  else
    echo "node $(uname -n | cut -d. -f1) 127.0.0.1"
  fi
}

# What the daemons reach the controller by: on one machine the loopback, as no node is anywhere else.
controller_address() { # SIMULATED
  if [[ $1 == yes ]]; then hostname -I | awk '{ print $1 }'; else echo 127.0.0.1; fi
}

configure() { # CPUS SIMULATED
  local host port memory_mb name node_host address
  host=$(uname -n | cut -d. -f1)
  port=$(free_ports)
  memory_mb=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
  cat >"$SLURM_CONF" <<END
ClusterName=throwaway
SlurmctldHost=$host($(controller_address "$2"))
SlurmctldPort=$port
SlurmUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool.%n
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.%n.log
AuthType=auth/munge
CredType=cred/munge
# A job that is requeued waits until the credentials of its last start have expired.
AuthInfo=socket=$folder/run/munge.socket,cred_expire=5

# Nothing that asks for cgroups, a database or a mail program.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MailProg=/bin/true
MpiDefault=none

# A job is looked at as soon as it may start, and remembered for an hour after its end.
SchedulerParameters=batch_sched_delay=0,sched_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MinJobAge=3600
KillWait=3
ReturnToService=2

# A node that does not answer is down after some ten seconds; its jobs are requeued.
SlurmdTimeout=6
MessageTimeout=5

# A node may claim more CPUs than the machine has: ranks take turns.
SlurmdParameters=config_overrides
NodeName=DEFAULT Port=$((port + 1)) CPUs=$1 RealMemory=$memory_mb
PartitionName=main Nodes=ALL Default=YES MaxTime=180
END
  while read -r name node_host address; do
    echo "NodeName=$name NodeHostname=$node_host NodeAddr=$address"
  done <"$node_list" >>"$SLURM_CONF"
}

all_idle() { [[ $(sinfo --noheader --format=%T) == idle ]]; }
no_jobs() { [[ -z $(squeue --noheader) ]]; }
is_gone() { [[ $(start_time "$1") != "$2" ]]; } # PID START_TIME

launch_slurmd() { # NAME ADDRESS
  local place=()
  [[ $2 == 127.0.0.1 ]] || place=(bash "$simulator" on "$1")
  launch "slurmd.$1" "${place[@]}" slurmd -D -N "$1"
}

# Its usual name can be foreseen: somebody else may have made it, with process ids of theirs to be ended.
check_folder() {
  [[ ! -e $folder && ! -L $folder ]] || [[ -d $folder && ! -L $folder && -O $folder ]] ||
    { say "$folder is not a folder of this user's; move it away, or set THROWAWAY_SLURM_DIR"; exit 1; }
}

start() { # CPUS SIMULATED
  local name address
  require
  check_folder
  [[ ! -e $started ]] || { say "runs already, or was not stopped: $0 stop"; exit 1; }
  mkdir -p "$folder"
  check_folder # again: now it is there
  mkdir -p "$folder"/{state,log,run}
  list_nodes "$2" >"$node_list"
  [[ -s $node_list ]] || { say "no simulated nodes are up"; exit 1; }
  configure "$1" "$2"
  (umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
  # --force: the folder may lie below one that munged finds too open; this key guards nothing.
  launch munged munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/run/munge.socket" \
    --pid-file="$folder/run/munged.pid" --seed-file="$folder/run/munge.seed" --log-file="$folder/log/munged.log"
  if poll 10 test -S "$folder/run/munge.socket"; then
    launch slurmctld slurmctld -D -c
    while read -r name _ address; do launch_slurmd "$name" "$address"; done <"$node_list"
    if poll 30 all_idle; then
      echo "export SLURM_CONF=$(printf %q "$SLURM_CONF")"
      return
    fi
  fi
  say "did not start; the last lines of its logs:"
  tail -n 5 "$folder"/log/* >&2
  stop
  exit 1
}

end_process() { # PID START_TIME
  ! is_gone "$1" "$2" || return 0
  kill "$1"
  poll 10 is_gone "$1" "$2" || kill -KILL "$1"
}

stop() {
  check_folder
  [[ -e $started ]] || return 0
  # Jobs first: their steps would outlive the daemons.
  if timeout 10 scancel --partition=main 2>/dev/null; then
    poll 20 no_jobs || say "jobs are still there: $(squeue --noheader --format='%i %T' | tr '\n' ' ')"
  fi
  local pid time name
  while read -r pid time name; do
    end_process "$pid" "$time" || say "could not end $name, process $pid"
  done < <(tac "$started")
  rm -f "$started"
}

usage() { say "usage: $0 start [CPUS] [--simulated-nodes] | stop"; exit 2; }

cpus=8
simulated=no
command=${1:-}
shift || usage
case $command in
  start)
    [[ ! ${1:-} =~ ^[0-9]+$ ]] || { cpus=$1; shift; }
    [[ ${1:-} != --simulated-nodes ]] || { simulated=yes; shift; }
    (($# == 0)) || usage
    start "$cpus" "$simulated" ;;
  stop) (($# == 0)) || usage; stop ;;
  *) usage ;;
esac
