# Shared by the tests in virtual machines: sourced, after tests/integration/lib.sh. They need
#
#   deploy/install-deps.sh --build --vm
#
# What runs in a guest are packages of this system's release, fetched and unpacked into build/vm/, not
# installed.

need_commands() {
  local command
  for command in "$@"; do
    command -v "$command" >/dev/null || skip "$command is not installed (deploy/install-deps.sh --build --vm)"
  done
}

# apt_of ARCHITECTURE get|cache ARGUMENT...: with lists of its own, since most systems know packages of
# their own architecture only.
apt_of() {
  local state=$scratch/apt-$1
  mkdir -p "$state"/{lists,cache/archives}/partial
  "apt-$2" -qq -o APT::Architecture="$1" -o APT::Architectures="$1" -o Dir::State::Lists="$state/lists" \
    -o Dir::State::Status=/dev/null -o Dir::Cache="$state/cache" -o APT::Sandbox::User=root "${@:3}"
}

# unpack ARCHITECTURE DIRECTORY PACKAGE...: once; linux-image-ARCHITECTURE is the kernel that it names
# now. What is there from before is left.
unpack() {
  local architecture=$1 directory=$2 package
  [ ! -e "$directory/unpacked" ] || return 0
  need_commands apt-get dpkg-deb
  apt_of "$architecture" get update >/dev/null 2>&1 || true  # of several sources some may do
  rm -rf "$directory" "$scratch/packages"
  mkdir -p "$directory" "$scratch/packages"
  for package in "${@:3}"; do
    [ "$package" != "linux-image-$architecture" ] || package=$(
      apt_of "$architecture" cache depends "$package" 2>/dev/null |
        sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
    )
    [ -n "$package" ] || skip "no kernel for $architecture is known here"
    (cd "$scratch/packages" && apt_of "$architecture" get download "$package") >/dev/null 2>&1 ||
      skip "the package $package of $architecture cannot be fetched"
  done
  for package in "$scratch"/packages/*.deb; do dpkg-deb -x "$package" "$directory"; done
  rm -r "$scratch/packages"
  touch "$directory/unpacked"
}

# pack_initramfs TREE FILE: what a guest has instead of a disk.
pack_initramfs() {
  (cd "$1" && find . | cpio --quiet -o -H newc | gzip -1) >"$2"
}

# What a guest's /init begins with.
init_of_guest() {
  cat <<'END_OF_INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
END_OF_INIT
}
