#!/usr/bin/env bash
# Makes the certificates that copycost and its agents show each other, with openssl.
#
#   deploy/tls/make-certs.sh DIR HOST...
#
# Each HOST is a name or an address that the coordinator reaches an agent by. DIR then holds
#   ca.pem ca.key                     the authority; whoever has ca.key can join
#   coordinator.pem coordinator.key   for copycost
#   HOST.pem HOST.key                 for copycost-agent on HOST
# What is there already is kept, so that hosts can be added later. Valid for COPYCOST_CERT_DAYS days
# (default 365), the authority for ten years. Copy to a host only ca.pem and its own two files.
set -euo pipefail

if [ $# -lt 2 ] || [ "${1#-}" != "$1" ]; then
  sed -n '2,10p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//' >&2
  exit 2
fi
command -v openssl >/dev/null || { echo "make-certs.sh: openssl is not installed" >&2; exit 3; }
directory=$1
shift
days=${COPYCOST_CERT_DAYS:-365}

bad() { echo "make-certs.sh: $*" >&2; exit 2; }
fail() { echo "make-certs.sh: $*" >&2; exit 1; }

# kind_of HOST: IP or DNS, as certificates name it.
kind_of() {
  if [[ $1 =~ ^[0-9]+(\.[0-9]+){3}$ || $1 =~ ^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$ ]]; then
    echo IP
  elif [[ $1 =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]]; then
    echo DNS
  else
    bad "'$1' is no host name or address"
  fi
}

# All that can be refused, before anything is made.
[[ $days =~ ^[0-9]{1,5}$ ]] || bad "COPYCOST_CERT_DAYS: '$days' is no number of days"
for host in "$@"; do
  kind_of "$host" >/dev/null
  case $host in ca | coordinator) bad "'$host' is the name of another certificate here" ;; esac
done

umask 077
mkdir -p "$directory"
cd "$directory"
if [ -e ca.pem ] && [ ! -s ca.key ]; then
  bad "$directory has ca.pem, but not ca.key: only who has both can make certificates"
fi

# Whatever fails leaves nothing half made, and says what openssl said.
said=$(mktemp) unfinished=
trap 'rm -f "$said" $unfinished' EXIT
quietly() { "$@" 2>"$said" || fail "$(cat "$said")"; }

new_key() { quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# certify NAME SUBJECT-ALTERNATIVE-NAMES
certify() {
  if [ -e "$1.pem" ]; then
    echo "make-certs.sh: $directory/$1.pem is there already; kept"
    return
  fi
  unfinished="$1.pem $1.key $1.csr"
  new_key "$1.key"
  quietly openssl req -new -key "$1.key" -subj "/O=copycost/CN=${1:0:64}" -out "$1.csr"
  quietly openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -days "$days" \
    -set_serial "0x$(openssl rand -hex 16)" -out "$1.pem" \
    -extfile <(printf '%s\n' "subjectAltName=$2" 'basicConstraints=critical,CA:FALSE' \
      'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth,clientAuth')
  rm "$1.csr"
  unfinished=
  echo "made $directory/$1.pem"
}

if [ ! -e ca.pem ]; then
  unfinished="ca.pem ca.key"
  new_key ca.key
  quietly openssl req -x509 -new -key ca.key -days 3650 -subj "/O=copycost/CN=copycost authority" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
    -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem
  unfinished=
  echo "made $directory/ca.pem"
fi
certify coordinator URI:urn:copycost:coordinator
for host in "$@"; do
  certify "$host" "URI:urn:copycost:agent,$(kind_of "$host"):$host"
done
