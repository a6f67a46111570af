#!/usr/bin/env bash
# The counters on a PMU, wherever this runs: an emulated ARM processor (QEMU), of which every instruction
# takes as long, so that it is known what must be counted. Builds pmu_test.cc with the agent's own
# counters for it, and runs it in a guest.
#
#   tests/vm/pmu.sh
#
# Takes some two minutes, most of them to build. Skips (77) where QEMU, the compiler or a package cannot
# be had; see lib.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../integration/lib.sh"
source "$here/lib.sh"

readonly kTarget=aarch64-linux-gnu
readonly kLibraries="libabsl-dev libbz2-dev libdw-dev libelf-dev libgmock-dev libgtest-dev liblzma-dev
  libpfm4-dev libprotobuf-dev zlib1g-dev"
readonly kSources="
  agent/checks/sysctl agent/text_file agent/measure/agent_processes agent/measure/counting_plan
  agent/measure/event_counters agent/measure/kernel_symbols agent/measure/perf_counters
  agent/measure/profiler agent/measure/program_symbols agent/measure/sample_ring
  agent/measure/thread_counters agent/measure/thread_usage
  common/check common/clock common/events common/fd common/page_size common/status common/utf8
  tests/vm/pmu_test"
readonly kProtos="copy_mode diagnosis experiment trial words"
readonly kLimit=300  # seconds
readonly guest=$root/build/vm/arm64

need_commands qemu-system-aarch64 "$kTarget-g++" protoc cpio

compile() {
  local objects=$scratch/objects proto source
  mkdir -p "$objects" "$scratch/proto"
  protoc -I "$root/proto" --cpp_out="$scratch/proto" "$root"/proto/copycost/v1/*.proto
  {
    for proto in $kProtos; do echo "$scratch/proto/copycost/v1/$proto.pb.cc"; done
    for source in $kSources; do echo "$root/$source.cc"; done
  } | xargs -P "$(nproc)" -I {} sh -c "$kTarget-g++ -std=c++20 -O2 -g1 -fno-omit-frame-pointer \
      -ffunction-sections -I '$root' -I '$scratch/proto' -isystem '$guest/usr/include' \
      -isystem '$guest/usr/include/$kTarget' -c '{}' -o '$objects'/\$(basename {}).o" ||
    fail "pmu_test does not compile"
  # Static: a guest has no libraries.
  local libraries=$guest/usr/lib/$kTarget
  "$kTarget-g++" -static -Wl,--gc-sections -Wl,--build-id "$objects"/*.o \
    "$libraries"/lib{gmock,gtest,gtest_main,protobuf}.a \
    -Wl,--start-group "$libraries"/libabsl_*.a -Wl,--end-group \
    "$libraries"/lib{pfm,dw,elf,lzma,bz2,z}.a -lpthread -ldl -o "$scratch/pmu_test" 2>"$scratch/err" ||
    fail "pmu_test does not link: $(cat "$scratch/err")"
}

make_initramfs() {
  local tree=$scratch/tree
  mkdir -p "$tree"/{bin,dev,proc,sys,tmp}
  cp "$guest/bin/busybox" "$scratch/pmu_test" "$tree/bin/"
  {
    init_of_guest
    echo 'pmu_test && echo "pmu_test passed"'
    echo 'poweroff -f'
  } >"$tree/init"
  chmod 755 "$tree/init"
  pack_initramfs "$tree" "$scratch/initramfs"
}

unpack arm64 "$guest" linux-image-arm64 busybox-static $kLibraries
compile
make_initramfs
timeout "$kLimit" qemu-system-aarch64 -M virt -cpu max -icount shift=1 -m 512 -nodefaults -display none \
  -no-reboot -serial stdio -kernel "$guest"/boot/vmlinuz-* -initrd "$scratch/initramfs" \
  -append "console=ttyAMA0 quiet panic=-1" </dev/null 2>&1 | tr -d '\r' | tee "$scratch/console"
grep -q '^pmu_test passed' "$scratch/console" || fail "pmu_test, in the guest"
