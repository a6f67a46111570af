#!/usr/bin/env bash
# Installs what copycost needs: the packages of packages.txt that are missing.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
list=$here/packages.txt

usage() {
  cat <<'END'
usage: deploy/install-deps.sh [--build] [--tests] [--bench] [--vm] [--check]

  --build  what is needed to build and run copycost (the default)
  --tests  what its tests and checks need on top
  --bench  what its benchmarks need on top
  --vm     what its tests between virtual machines need on top
  --check  install nothing: name what is missing

Uses apt-get on Debian 12 and Ubuntu 24.04, through sudo where it is not root. Elsewhere it names what
is missing and ends with 3. Nothing is asked, and no privilege is needed when nothing is missing.
Exit codes: 0 everything is there; 2 bad option; 3 something is missing and was not installed.
END
}

say() { echo "install-deps: $*"; }
fail() { echo "install-deps: $*" >&2; exit 3; }

groups=() check_only=false
for option in "$@"; do
  case $option in
    --build | --tests | --bench | --vm) groups+=("${option#--}") ;;
    --check) check_only=true ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
[ ${#groups[@]} -gt 0 ] || groups=(build)

# Lines of packages.txt for the groups asked for: package[>=version] found-by what-for...
wanted() {
  local group package found_by purpose
  while read -r group package found_by purpose; do
    case " ${groups[*]} " in *" $group "*) echo "$package $found_by $purpose" ;; esac
  done < "$list"
}

has_apt() {
  [ -r /etc/os-release ] && command -v apt-get dpkg-query > /dev/null || return 1
  local ids
  ids=$(. /etc/os-release && echo " ${ID:-} ${ID_LIKE:-} ")
  case $ids in *" debian "* | *" ubuntu "*) ;; *) return 1 ;; esac
}

# The installed version of a Debian package; empty without one.
installed_version() {
  { dpkg-query -W -f '${db:Status-Status} ${Version}\n' "$1" 2> /dev/null || true; } \
    | sed -n 's/^installed //p' | sort -V | tail -n 1
}

new_enough() {  # VERSION PACKAGE[>=OLDEST]
  [ "${2#*>=}" = "$2" ] || dpkg --compare-versions "$1" ge "${2#*>=}"
}

# Whether this is here, whatever brought it.
found() {
  case $1 in
    command:*) command -v "${1#*:}" > /dev/null ;;
    header:*) echo "#include <${1#*:}>" | "${CXX:-c++}" -std=c++20 -E -x c++ - > /dev/null 2>&1 ;;
    module:*) pkg-config --exists "${1#*:}" 2> /dev/null ;;
  esac
}

check_elsewhere() {
  local package found_by purpose missing=0
  while read -r package found_by purpose; do
    found "$found_by" && continue
    [ $((missing++)) -gt 0 ] || echo "install-deps: no apt-get of Debian or Ubuntu here; missing:" >&2
    printf '  %-38s %s (Debian: %s)\n' "$found_by" "$purpose" "$package" >&2
  done < <(wanted)
  [ "$missing" -eq 0 ] || fail "install these $missing by other means"
  say "everything is there (${groups[*]})"
}

has_apt || { check_elsewhere; exit 0; }

missing=()
while read -r package _; do
  version=$(installed_version "${package%%>=*}")
  [ -n "$version" ] && new_enough "$version" "$package" || missing+=("$package")
done < <(wanted)

if [ ${#missing[@]} -eq 0 ]; then
  say "every package is there (${groups[*]})"
  exit 0
fi
say "missing: ${missing[*]}"
! $check_only || exit 3

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || fail "not root and no sudo: install these as root"
  as_root=(sudo)
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" \
    < /dev/null
}

apt update || say "apt-get update had errors; trying with the lists there are"
for package in "${missing[@]}"; do
  offered=$(apt-cache policy "${package%%>=*}" | sed -n 's/^ *Candidate: //p')
  case $offered in '' | '(none)') fail "this release has no package ${package%%>=*}" ;; esac
  new_enough "$offered" "$package" || fail "this release has ${package%%>=*} $offered; need ${package#*>=}"
done
apt install --no-install-recommends "${missing[@]%%>=*}" || fail "apt-get install failed"
say "installed ${#missing[@]} packages"
