# Two hosts as their network shows them, for tests: sourced after lib.sh. Each is a network namespace
# with a control link to a third, the coordinator's, and a data link to the other. Everything ends
# with this process, however it ends.
#
#   make_hosts; start_agent sender; start_agent receiver
#   expect_exit 0 on_coordinator "$copycost" run $agents $show ...

command -v ip >/dev/null || skip "ip (iproute2) is not installed"
command -v openssl >/dev/null || skip "openssl is not installed"
[ "$(id -u)" = 0 ] || skip "only root makes network namespaces with links between them"

declare -A host_pid agent_pid
readonly -A control_address=([sender]=10.98.1.2 [receiver]=10.98.2.2)
readonly -A data_address=([sender]=10.98.3.1 [receiver]=10.98.3.2)
readonly control_port=7411
declare -A ahead  # seconds

# on HOST COMMAND...
on() { nsenter -t "${host_pid[$1]}" -n -- "${@:2}"; }
on_coordinator() { on coordinator "$@"; }

# An empty network namespace that lives as long as this process.
make_host() {
  setpriv --pdeathsig KILL unshare -n sleep infinity &
  host_pid[$1]=$!
  until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ] &&
        [ "$(cat "/proc/$!/comm")" = sleep ]; do sleep 0.01; done
  on "$1" ip link set lo up
}

# link A DEVICE ADDRESS B DEVICE ADDRESS
link() {
  on "$1" ip link add "$2" type veth peer name "$5" netns "${host_pid[$4]}"
  on "$1" ip address add "$3/24" dev "$2"
  on "$4" ip address add "$6/24" dev "$5"
  on "$1" ip link set "$2" up
  on "$4" ip link set "$5" up
}

make_hosts() {
  local host
  for host in coordinator sender receiver; do make_host "$host"; done
  link coordinator to-sender 10.98.1.1 sender control "${control_address[sender]}"
  link coordinator to-receiver 10.98.2.1 receiver control "${control_address[receiver]}"
  link sender data "${data_address[sender]}" receiver data "${data_address[receiver]}"
  certs=$scratch/certs
  "$root/deploy/tls/make-certs.sh" "$certs" "${control_address[@]}" >/dev/null
  show="--tls-ca $certs/ca.pem --tls-cert $certs/coordinator.pem --tls-key $certs/coordinator.key"
  agents="--agents $(agent_at sender),$(agent_at receiver)"
}

agent_at() { echo "$1=${control_address[$1]}:$control_port/${data_address[$1]}"; }

# start_agent HOST FLAG...: waits until it listens, even on a port that has just been let go.
start_agent() {
  local host=$1 address=${control_address[$1]} log=$scratch/$1.agent.log
  : >"$log"
  # A killed one may not have let go of the port yet.
  while on "$host" grep -q "$(printf ':%04X 00000000:0000 0A' "$control_port")" /proc/net/tcp; do
    sleep 0.02
  done
  local kernel=()
  [ -z "${ahead[$host]:-}" ] || kernel=(unshare -m -T --monotonic "${ahead[$host]}" --fork \
    --kill-child sh -c 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"' \
    "$scratch/$host.boot_id")
  setpriv --pdeathsig KILL nsenter -t "${host_pid[$host]}" -n -- \
    "${kernel[@]}" "$scratch/bin/copycost-agent" \
    --listen "$address:$control_port" --tls-ca "$certs/ca.pem" --tls-cert "$certs/$address.pem" \
    --tls-key "$certs/$address.key" "${@:2}" 2>>"$log" </dev/null &
  agent_pid[$host]=$!
  disown  # no word from the shell when a test kills it
  until grep -q 'listening on' "$log"; do
    kill -0 $! 2>/dev/null || fail "agent $host: $(cat "$log")"
    sleep 0.02
  done
}

# boot HOST BOOT_ID SECONDS: agents started from now on see a kernel of their own there: another boot
# id, and a monotonic clock that is ahead by so much.
boot() {
  unshare -m -T --monotonic 1 true 2>/dev/null || skip "no time namespaces"
  echo "$2" >"$scratch/$1.boot_id"
  ahead[$1]=$3
}

# Bytes that HOST has put on its data link.
data_bytes() { on "$1" awk '$1 == "data:" { print $10 }' /proc/net/dev; }

end_hosts() {
  local pid
  for pid in "${agent_pid[@]}" "${host_pid[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$scratch"
}
trap end_hosts EXIT
