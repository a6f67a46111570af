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
umask 077
mkdir -p "$directory"
cd "$directory"

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# certify NAME SUBJECT-ALTERNATIVE-NAMES
certify() {
  if [ -e "$1.pem" ]; then
    echo "make-certs.sh: $directory/$1.pem is there already; kept"
    return
  fi
  new_key "$1.key"
  openssl req -new -key "$1.key" -subj "/O=copycost/CN=${1:0:64}" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -days "$days" -set_serial "0x$(openssl rand -hex 16)" \
      -extfile <(printf '%s\n' "subjectAltName=$2" 'basicConstraints=critical,CA:FALSE' \
        'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth,clientAuth') \
      -out "$1.pem" 2>/dev/null
  echo "made $directory/$1.pem"
}

if [ ! -e ca.pem ]; then
  new_key ca.key
  openssl req -x509 -new -key ca.key -days 3650 -subj "/O=copycost/CN=copycost authority" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
    -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem
  echo "made $directory/ca.pem"
fi
certify coordinator URI:urn:copycost:coordinator
for host in "$@"; do
  if [[ $host == *:* || $host =~ ^[0-9]+(\.[0-9]+){3}$ ]]; then
    kind=IP
  elif [[ $host =~ ^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$ ]]; then
    kind=DNS
  else
    echo "make-certs.sh: '$host' is no host name or address" >&2
    exit 2
  fi
  certify "$host" "URI:urn:copycost:agent,$kind:$host"
done
