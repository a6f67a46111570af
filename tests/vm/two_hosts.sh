#!/usr/bin/env bash
# Two real kernels on one machine: two virtual machines with emulated processors and NICs, an agent in
# each, the coordinator outside. Shows what no test between namespaces can: a NIC's driver that sends
# zero-copy pages without a copy (e1000e), and one that cannot gather and has them copied (pcnet). And
# kernel TLS, which not every host's kernel has.
#
#   tests/vm/two_hosts.sh PATH/TO/copycost [DIRECTORY]
#
# Takes some minutes. Times inside mean nothing but to each other: the processors are emulated. The
# runs are left in DIRECTORY, if there is one. Skips (77) where QEMU or a kernel cannot be had; see
# lib.sh. COPYCOST_VM_KERNEL names the directory of another kernel (boot/vmlinuz-*, lib/modules/*).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
keep=${2:+$(realpath "$2")}
source "$here/../integration/lib.sh"
source "$here/lib.sh"

readonly kernel_directory=${COPYCOST_VM_KERNEL:-$root/build/vm/amd64}
readonly kControlMac=52:54:00:c0:00:01
readonly -A kNetworks=([e1000e]=10.97.1 [pcnet]=10.97.2)
readonly -A kHostNumber=([sender]=1 [receiver]=2)
# Drivers of the data NICs, and of the control NIC, with what they need, in the order to load them.
# Last what kernel TLS needs.
readonly kModules="pps_core ptp e1000e mii pcnet32 e1000 gf128mul ghash-generic ctr gcm tls"
readonly kBootLimit=180  # seconds

need_commands qemu-system-x86_64 cpio
busybox=$(command -v busybox) || skip "busybox (busybox-static) is not installed"
! ldd "$busybox" >/dev/null 2>&1 || skip "$busybox is not static (package busybox-static)"

unpack_kernel() {
  if [ -z "${COPYCOST_VM_KERNEL:-}" ]; then
    unpack amd64 "$kernel_directory" linux-image-amd64
  elif ! ls "$kernel_directory"/boot/vmlinuz-* >/dev/null 2>&1; then
    fail "COPYCOST_VM_KERNEL: no boot/vmlinuz-* in $kernel_directory"
  fi
}

# The guests' file system: busybox, the agent with its libraries, the drivers, and what runs first.
make_initramfs() {
  local tree=$scratch/tree module file library
  mkdir -p "$tree"/{bin,dev,proc,sys,run,tmp,modules}
  cp "$busybox" "$tree/bin/busybox"
  cp "$scratch/bin/copycost-agent" "$tree/bin/"
  ldd "$tree/bin/copycost-agent" | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$tree$(dirname "$library")"
    cp -L "$library" "$tree$library"
  done
  for module in $kModules; do
    file=$(find "$kernel_directory"/lib/modules -name "$module.ko*" | head -n 1)
    [ -n "$file" ] || continue  # built in
    case $file in
      *.xz) xz -dc "$file" >"$tree/modules/$module.ko" ;;
      *) cp "$file" "$tree/modules/$module.ko" ;;
    esac
  done
  init_of_guest >"$tree/init"
  cat >>"$tree/init" <<END
for module in $kModules; do
  [ ! -e /modules/\$module.ko ] || insmod /modules/\$module.ko
done
ip link set lo up
number=\$(sed 's/.*copycost.host=\([0-9]*\).*/\1/' /proc/cmdline)
for device in /sys/class/net/*; do
  case \$(cat \$device/address) in
    $kControlMac) address=10.0.2.15/24 ;;
    52:54:00:e1:*) address=${kNetworks[e1000e]}.\$number/24 ;;
    52:54:00:32:*) address=${kNetworks[pcnet]}.\$number/24 ;;
    *) continue ;;
  esac
  ip address add \$address dev \${device##*/}
  ip link set \${device##*/} up
done
copycost-agent --listen 10.0.2.15:7411 --insecure --allow 10.97.0.0/16
echo "the agent ended"
poweroff -f
END
  chmod 755 "$tree/init"
  pack_initramfs "$tree" "$scratch/initramfs"
}

# A port of loopback that nothing listens on now.
free_port() {
  local port
  while port=$((20000 + RANDOM % 20000)); do
    ! (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && echo "$port" && return
  done
}

# start_guest ROLE listen|connect: the sender's NICs listen for the receiver's.
#
# A guest's CPUs share one thread. With one each (thread=multi) QEMU may run on what the kernel has
# patched meanwhile (7.2: __schedule executed int3 for ever after perf_event_open() had switched its
# static branch, while memory held the jump again), and the guest hangs. And two threads are what a
# machine of two CPUs has for two guests.
start_guest() {
  local role=$1 number=${kHostNumber[$1]} nics=() nic id
  for nic in "${!kNetworks[@]}"; do
    id=${nic:0:2}
    [ "$id" != pc ] || id=32
    nics+=(-netdev "socket,id=$nic,$2=127.0.0.1:${wire_port[$nic]}"
      -device "$nic,netdev=$nic,mac=52:54:00:$id:00:0$number,romfile=")
  done
  setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 512 -nodefaults \
    -display none -no-reboot -serial "file:$scratch/$role.console" \
    -kernel "$kernel_directory"/boot/vmlinuz-* -initrd "$scratch/initramfs" \
    -append "console=ttyS0 quiet panic=-1 copycost.host=$number" \
    -netdev "user,id=control,restrict=on,hostfwd=tcp:127.0.0.1:${control_port[$role]}-10.0.2.15:7411" \
    -device "e1000,netdev=control,mac=$kControlMac,romfile=" "${nics[@]}" \
    >"$scratch/$role.qemu" 2>&1 </dev/null &
  guest[$role]=$!
}

# agents NIC: as the coordinator is told them, with their addresses on that NIC.
agents() {
  local network=${kNetworks[$1]}
  echo "sender=127.0.0.1:${control_port[sender]}/$network.1,receiver=127.0.0.1:${control_port[receiver]}/$network.2"
}

# Until both are reached: QEMU takes connections before a guest does.
await_agents() {
  local role give_up=$((SECONDS + kBootLimit))
  for role in sender receiver; do
    until grep -q 'listening on' "$scratch/$role.console" 2>/dev/null; do
      kill -0 "${guest[$role]}" 2>/dev/null || fail "guest $role: $(cat "$scratch/$role.qemu")"
      [ "$SECONDS" -lt "$give_up" ] || fail "guest $role: $(tail -n 20 "$scratch/$role.console")"
      sleep 0.2
    done
  done
  until "$copycost" doctor --agents "$(agents e1000e)" >"$scratch/out" 2>"$scratch/err"; do
    [ "$SECONDS" -lt "$give_up" ] || fail "the agents: $(cat "$scratch/err" "$scratch/out")"
    sleep 1
  done
}

# over NIC: every classic mode at two sizes.
over() {
  expect_measured "$scratch/$1" "$copycost" run --topology hosts --agents "$(agents "$1")" \
    --send two-copy,one-copy,zero-copy --sizes 16K,64K --repeats 3 --warmup 300ms -t 3s
  cat "$scratch/out"
  [ -z "$keep" ] || { mkdir -p "$keep" && cp -r "$scratch/$1" "$keep/"; }
}

# median RUN MODE SIZE COLUMN: of the good trials.
median() {
  awk -F, -v mode="$2" -v size="$3" -v column="$4" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] == "ok" && $at["purpose"] == "measure" && $at["send_mode"] == mode &&
      $at["message_bytes"] == size { print $at[column] }' "$scratch/$1/results.csv" |
    sort -g | awk '{ value[NR] = $1 } END { if (!NR) exit 1; print value[int((NR + 1) / 2)] }' ||
    fail "$1: no good trial of $2 at $3"
}

# check_copies RUN COPIED: what the evidence says of zero-copy, and that of the others.
check_copies() {
  awk -F, -v copied="$2" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] != "ok" || $at["purpose"] != "measure" { next }
    { mode = $at["send_mode"]; ++good
      low = $at["copies_per_byte_at_least"]; high = $at["copies_per_byte_at_most"]
      expected = mode == "two-copy" ? 3 : mode == "one-copy" || copied ? 2 : 1
      # A notification for several sends tells of the first one only.
      most = mode == "zero-copy" ? 2 : expected
      if (low < expected - 0.005 || low > expected + 0.005 || high < low || high > most + 0.005) {
        print mode ": " low " to " high " copies per byte instead of " expected; bad = 1 }
      if (mode == "zero-copy" && !copied && $at["zero_copy_copied"] != 0) {
        print $at["zero_copy_copied"] " sends were copied"; bad = 1 }
      flagged = $at["flags"] ~ /kernel-copied/
      if (flagged != (mode == "zero-copy" && copied)) { print mode ": flags " $at["flags"]; bad = 1 }
    }
    END { if (!good) print "nothing was good"; exit bad || !good }' "$scratch/$1/results.csv" ||
    fail "copies over $1"
}

# over_ktls: encrypted between the two kernels, and verified; a mode that does not go over it is left
# out with the kernel's reason.
over_ktls() {
  expect_exit 0 "$copycost" modes --agents "$(agents e1000e)"
  cat "$scratch/out"
  grep -q '^  ktls *available' "$scratch/out" || fail "kernel TLS: $(cat "$scratch/out")"
  expect_measured "$scratch/ktls" "$copycost" run --topology hosts --agents "$(agents e1000e)" \
    --transport ktls --send two-copy,zero-copy,sendfile --sizes 16K --repeats 2 --warmup 300ms -t 1s
  cat "$scratch/out"
  grep -q 'zero-copy is not over ktls' "$scratch/out" || fail "zero-copy over kernel TLS: $(cat "$scratch/out")"
  [ -z "$keep" ] || { mkdir -p "$keep" && cp -r "$scratch/ktls" "$keep/"; }
  awk -F, '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] != "ok" { next }  # late: nothing else passes expect_measured
    { ++trials[$at["purpose"]] }
    $at["transport"] != "ktls" || $at["transforms_per_byte"] != 2 { print "transforms: " $0; bad = 1 }
    { low = $at["copies_per_byte_at_least"]; high = $at["copies_per_byte_at_most"]
      most = $at["send_mode"] == "two-copy" ? 3 : 2
      if (low != 1 || high != most || $at["copies_per_byte"] != "") {
        print $at["send_mode"] ": " low " to " high " copies per byte"; bad = 1 } }
    END { exit bad || !trials["verify"] || !trials["measure"] }' "$scratch/ktls/results.csv" ||
    fail "kernel TLS"
}

# placed: by the NIC's node, and where the NIC's driver takes the packets.
placed() {
  expect_measured "$scratch/placed" "$copycost" run --topology hosts --agents "$(agents e1000e)" \
    --placement nic-node,incoming-cpu --send one-copy --sizes 64K --threads 2 --repeats 3 \
    --warmup 300ms -t 2s
  cat "$scratch/out"
  [ -z "$keep" ] || { mkdir -p "$keep" && cp -r "$scratch/placed" "$keep/"; }
  awk -F, '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["outcome"] != "ok" || $at["purpose"] != "measure" { next }
    { ++good[$at["placement"]] }
    $at["incoming_on_own_cpu"] == "" { print "not told: " $0; bad = 1 }
    $at["placement"] == "incoming-cpu" && $at["incoming_on_own_cpu"] != 1 { print; bad = 1 }
    END { exit bad || !good["nic-node"] || !good["incoming-cpu"] }' "$scratch/placed/results.csv" ||
    fail "placement over a NIC"
}

# of_ledger WORK MODE COLUMN
of_ledger() {
  awk -F, -v work="$1" -v mode="$2" -v column="$3" '
    NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
    $at["work"] == work && $at["label"] == mode { print $at[column] }' "$scratch/ledger/ledger.csv"
}
holds() { awk "BEGIN { exit !($1) }" || fail "ledger: $2: $1 does not hold"; }

# ledgered: by another kernel's functions, and a driver's. Nothing is copied on delivery here.
ledgered() {
  expect_measured "$scratch/ledger" "$copycost" run --topology hosts --agents "$(agents e1000e)" \
    --ledger --send two-copy,zero-copy --sizes 64K --repeats 4 --warmup 300ms -t 2s
  cat "$scratch/out"
  [ -z "$keep" ] || { mkdir -p "$keep" && cp -r "$scratch/ledger" "$keep/"; }
  local mode work
  for mode in two-copy zero-copy; do
    for work in receiver-copy driver; do
      holds "$(of_ledger "$work" $mode samples) > 0" "$work of $mode"
    done
    holds "$(of_ledger unknown $mode share) < 0.05" "unknown of $mode"
    holds "$(of_ledger delivery-copy $mode share_high) < 0.01" "delivery-copy of $mode"
  done
  holds "$(of_ledger staging two-copy samples) > 0" "staging of two-copy"
  holds "$(of_ledger staging zero-copy share_high) < 0.01" "staging of zero-copy"
  holds "$(of_ledger pinning zero-copy samples) > 0" "pinning of zero-copy"
  holds "$(of_ledger pinning two-copy share_high) < 0.01" "pinning of two-copy"
  holds "$(of_ledger sender-copy zero-copy share_high) < 0.01" "sender-copy of zero-copy"
}

declare -A control_port wire_port guest
for role in sender receiver; do control_port[$role]=$(free_port); done
for nic in "${!kNetworks[@]}"; do wire_port[$nic]=$(free_port); done
# What the guests said last may say why it failed.
finish() {
  local code=$?
  [ "$code" = 0 ] || tail -n 5 "$scratch"/*.console "$scratch"/*.qemu >&2 2>/dev/null || true
  kill "${guest[@]}" 2>/dev/null || true
  wait
  rm -rf "$scratch"
}
trap finish EXIT

unpack_kernel
make_initramfs
start_guest sender listen
sleep 1  # its sockets
start_guest receiver connect
await_agents

over e1000e
check_copies e1000e 0
for size in 16384 65536; do
  zero_copy=$(median e1000e zero-copy "$size" sender_cpu_ns_per_byte)
  one_copy=$(median e1000e one-copy "$size" sender_cpu_ns_per_byte)
  echo "e1000e, $size bytes: the sender takes $zero_copy ns a byte for zero-copy, $one_copy for one-copy"
  awk -v zero="$zero_copy" -v one="$one_copy" 'BEGIN { exit !(zero < one) }' ||
    fail "zero-copy costs the sender no less than one-copy"
done

over pcnet
check_copies pcnet 1

over_ktls
placed
ledgered
