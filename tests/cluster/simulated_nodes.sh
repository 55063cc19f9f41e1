#!/usr/bin/env bash
# A cluster's nodes, simulated on one machine: each has a network, a host name and a /dev/shm of its own, and the files
# of the machine. Everything lives in namespaces; the machine's own network and mounts are left alone. Needs root.
#   simulated_nodes.sh up N [--private-tmp DIR…]  N nodes and a head node, which is where mpirun itself runs.
#                                                 --private-tmp: a /tmp for each node, in which only the DIRs are common
#   simulated_nodes.sh run [-r RANKS | --host-list NODE:RANKS,…] [--pin] [--] MPIRUN_ARGUMENTS…
#                                                 RANKS on each node (2), or on these; --pin: to each node its own cores
#   simulated_nodes.sh on NODE|head COMMAND…      runs a command there
#   simulated_nodes.sh kill NODE                  kills all its processes, as a power cut; it can be used again at once
#   simulated_nodes.sh names                      prints the nodes' host names
#   simulated_nodes.sh hosts                      prints a line "ADDRESS NAME" for each node
#   simulated_nodes.sh down
# A NODE is its number or its host name. SIMULATED_NODES_PREFIX (simnode) is what host names begin with; simulations
# with different prefixes run side by side. SIMULATED_NODES_SUBNET (10.81.0) has the nodes' addresses .1, .2, …
# Exit codes: 77 cannot be had here (one line says why), 1 failed, 2 usage, else the command's.
set -euo pipefail

self=$(realpath "${BASH_SOURCE[0]}")
root=$(dirname "$(dirname "$(dirname "$self")")")
prefix=${SIMULATED_NODES_PREFIX:-simnode}
subnet=${SIMULATED_NODES_SUBNET:-10.81.0}
state=/run/simulated_nodes/$prefix # the namespaces, as files
agent=$state/rsh                   # this script, called by mpirun in place of ssh
head=${prefix}head
most_nodes=250

say() { echo "simulated_nodes: $*" >&2; }
skip() { say "$*"; exit 77; }
fail() { say "$*"; exit 1; }
usage() { say "$1; usage is at the top of $self"; exit 2; }

# A prefix that ended in a digit would share node names with another prefix; interfaces set no limit here, since
# theirs are names inside a namespace.
check_names() {
  [[ $prefix =~ ^[a-z]([a-z0-9]{0,20}[a-z])?$ ]] || usage "SIMULATED_NODES_PREFIX '$prefix' is not a name"
  [[ $subnet =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || usage "SIMULATED_NODES_SUBNET '$subnet' is not like 10.81.0"
}

# Tries all that will be needed, in namespaces that end with the attempt.
require_rights() {
  ((EUID == 0)) || skip "simulated nodes need root"
  local program
  for program in ip nsenter unshare mount taskset; do
    command -v "$program" >/dev/null || skip "$program is missing (packages iproute2, util-linux, mount)"
  done
  unshare --net --uts --mount sh -ec 'ip link add probe type bridge; ip link add probe0 type veth peer name probe1
    hostname probe; mount -t tmpfs probe /mnt; ip netns list' &>/dev/null ||
    skip "no rights to make network, host name and mount namespaces (a container needs SYS_ADMIN and NET_ADMIN)"
}

count_nodes() { cat "$state/nodes" 2>/dev/null || echo 0; }

node_name() { # NUMBER|NAME: prints the host name of a node that is up
  local number=${1#"$prefix"}
  if [[ ! $number =~ ^[0-9]{1,3}$ ]] || ((number >= $(count_nodes))); then
    fail "no node '$1' (there are $(count_nodes))"
  fi
  echo "$prefix$number"
}

add_network() { # NAME: a network namespace, its loopback up
  ip netns add "$1"
  ip -n "$1" link set lo up
}

add_head() {
  add_network "$head"
  touch "$state/$head.uts"
  unshare --uts="$state/$head.uts" hostname "$head"
  ip -n "$head" link add switch type bridge
  ip -n "$head" address add "$subnet.254/24" dev switch
  ip -n "$head" link set switch up
}

# Namespaces are kept by files, not by a process, so a node lives on when all its processes are killed.
add_node() { # NUMBER PRIVATE_TMP COMMON_DIR…: with PRIVATE_TMP yes, /tmp is the node's own, but for those folders
  local name=$prefix$1
  add_network "$name"
  ip -n "$head" link add "port$1" type veth peer name eth0 netns "$name"
  ip -n "$head" link set "port$1" master switch up
  ip -n "$name" address add "$subnet.$(($1 + 1))/24" dev eth0
  ip -n "$name" link set eth0 up
  touch "$state/$name.uts" "$state/$name.mnt"
  # shellcheck disable=SC2016  # expanded by the inner shell
  unshare --uts="$state/$name.uts" --mount="$state/$name.mnt" sh -euc '
    hostname "$1"
    mount --bind "$2" /etc/hosts
    mount -t tmpfs shm /dev/shm
    [ "$3" = yes ] || exit 0
    shift 3
    # The common folders wait beside while /tmp is covered.
    mount -t tmpfs beside /mnt
    i=0
    for folder in "$@"; do
      mkdir /mnt/$i
      mount --bind "$folder" /mnt/$i
      i=$((i + 1))
    done
    mount -t tmpfs -o mode=1777 tmp /tmp
    i=0
    for folder in "$@"; do
      mkdir -p "$folder"
      mount --move /mnt/$i "$folder"
      i=$((i + 1))
    done
    umount /mnt' sh "$name" "$state/hosts" "${@:2}"
}

write_hosts() { # N
  local i
  echo "127.0.0.1 localhost"
  echo "$subnet.254 $head"
  for ((i = 0; i < $1; ++i)); do echo "$subnet.$((i + 1)) $prefix$i"; done
}

up() { # N [--private-tmp DIR…]
  local n=${1:-} private_tmp=no common=() folder i
  if [[ ! $n =~ ^[1-9][0-9]{0,2}$ ]] || ((n > most_nodes)); then usage "up: 1 to $most_nodes nodes"; fi
  shift
  if [[ ${1:-} == --private-tmp ]]; then
    private_tmp=yes
    for folder in "${@:2}"; do
      folder=$(realpath -e -- "$folder") || fail "--private-tmp: no such folder"
      [[ $folder != /tmp/?* ]] || common+=("$folder") # others are common anyway
    done
  else
    (($# == 0)) || usage "up: unknown argument '$1'"
  fi
  require_rights
  mkdir -p "$(dirname "$state")"
  mkdir "$state" 2>/dev/null || fail "nodes '$prefix' are up already, or were not taken down: $0 down"

  trap remove_all EXIT # a failure leaves nothing behind
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # A mount namespace can be kept only by a file on a mount that is private.
  mount --bind "$state" "$state"
  mount --make-private "$state"
  ln -s "$self" "$agent"
  write_hosts "$n" >"$state/hosts"
  add_head
  for ((i = 0; i < n; ++i)); do add_node "$i" "$private_tmp" "${common[@]}"; done
  echo "$n" >"$state/nodes"
  trap - EXIT INT TERM
}

kill_processes() { # NAME: of a network namespace; again for what they started meanwhile
  local attempt pids=()
  for ((attempt = 0; attempt < 100; ++attempt)); do
    mapfile -t pids < <(ip netns pids "$1" 2>/dev/null)
    ((${#pids[@]} > 0)) || return 0
    kill -KILL "${pids[@]}" 2>/dev/null || true
    sleep 0.05
  done
  say "processes in $1 do not end: ${pids[*]}"
  return 1
}

kill_node() { # NODE
  local name
  name=$(node_name "${1:-}")
  kill_processes "$name"
  (enter "$name" find /dev/shm -mindepth 1 -delete) # as after a restart
}

remove_all() {
  local name file
  for name in $(ip netns list 2>/dev/null | awk '{ print $1 }' | grep -xE "$prefix([0-9]+|head)"); do
    kill_processes "$name" || true
    ip netns delete "$name" || true
  done
  for file in "$state"/*.{uts,mnt}; do umount "$file" 2>/dev/null || true; done
  umount "$state" 2>/dev/null || true
  rm -rf "$state"
}

enter() { # NAME COMMAND…: in the folder of the caller, in place of this process: signals reach the command
  local name=$1 mount=()
  shift
  [[ $name == "$head" ]] || mount=(--mount="$state/$name.mnt")
  # shellcheck disable=SC2016  # expanded by the inner shell
  exec nsenter --net="/run/netns/$name" --uts="$state/$name.uts" "${mount[@]}" \
    sh -c 'cd "$1" && shift && exec "$@"' sh "$PWD" "$@"
}

allowed_cores() { # one number a line
  local range
  while read -r range; do
    seq "${range%-*}" "${range#*-}"
  done < <(awk '/^Cpus_allowed_list:/ { gsub(",", "\n", $2); print $2 }' /proc/self/status)
}

# As many cores for each node as there are for all; with more nodes than cores they take turns.
cores_of() { # NAME: prints a list for taskset
  local number=${1#"$prefix"} nodes cores=() share
  nodes=$(count_nodes)
  mapfile -t cores < <(allowed_cores)
  share=$((${#cores[@]} / nodes))
  if ((share > 0)); then
    (IFS=,; echo "${cores[*]:number * share:share}")
  else
    echo "${cores[number % ${#cores[@]}]}"
  fi
}

# What mpirun calls in place of ssh: the command is one line for a shell there.
remote_shell() { # NAME WORDS…
  local name
  name=$(node_name "$1")
  shift
  [[ -z ${SIMULATED_NODES_PIN:-} ]] || taskset --cpu-list --pid "$(cores_of "$name")" $$ >/dev/null
  enter "$name" sh -c "$*"
}

host_list() { # NODE:RANKS,…: the same with host names
  local item hosts=() name
  [[ -n $1 ]] || usage "--host-list needs NODE:RANKS,…"
  for item in ${1//,/ }; do
    [[ $item =~ ^([a-z0-9]+):([1-9][0-9]*)$ ]] || usage "--host-list: '$item' is not NODE:RANKS"
    name=$(node_name "${BASH_REMATCH[1]}")
    hosts+=("$name:${BASH_REMATCH[2]}")
  done
  (IFS=,; echo "${hosts[*]}")
}

run() { # for the arguments see the top
  local ranks=2 list='' hosts
  while (($# > 0)); do
    case $1 in
      -r) ranks=${2:-}; shift 2 || usage "-r needs a number" ;;
      --host-list) list=${2:-}; shift 2 || usage "--host-list needs a list" ;;
      --pin) export SIMULATED_NODES_PIN=1; shift ;;
      --) shift; break ;;
      *) break ;;
    esac
  done
  (($(count_nodes) > 0)) || fail "no nodes '$prefix': $0 up N"
  command -v mpirun >/dev/null || skip "mpirun is missing"
  [[ -n $list ]] || list=$(names | sed "s/\$/:$ranks/" | paste -sd, -)
  hosts=$(host_list "$list")

  # shellcheck source=jobs/lib/mpi_env.sh
  source "$root/jobs/lib/mpi_env.sh"
  # The shared-memory and TCP transports, whatever else this Open MPI was built with.
  export OMPI_MCA_plm=rsh OMPI_MCA_plm_rsh_agent=$agent OMPI_MCA_plm_rsh_no_tree_spawn=1
  export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader,tcp
  export OMPI_MCA_btl_tcp_if_include=$subnet.0/24 OMPI_MCA_oob_tcp_if_include=$subnet.0/24
  on head mpirun --host "$hosts" "$@"
}

names() {
  local i
  for ((i = 0; i < $(count_nodes); ++i)); do echo "$prefix$i"; done
}

hosts() {
  names | grep -Fwf - "$state/hosts"
}

on() { # NODE|head COMMAND…
  local name=$head
  (($# >= 2)) || usage "on: NODE COMMAND…"
  [[ $1 == head ]] || name=$(node_name "$1")
  shift
  enter "$name" "$@"
}

check_names
if [[ $0 == "$agent" ]]; then remote_shell "$@"; fi
case ${1:-} in
  up | run | on | names | hosts) "$@" ;;
  kill) kill_node "${@:2}" ;;
  down) require_rights; remove_all ;;
  *) usage "unknown command '${1:-}'" ;;
esac
