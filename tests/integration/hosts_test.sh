#!/usr/bin/env bash
# Two agents that run already, reached over TCP with mutual TLS; what they refuse, and why.
source "$(dirname "$0")/lib.sh"
source "$root/tests/integration/loopback_agents.sh"
command -v openssl >/dev/null || skip "openssl is not installed"

certs=$scratch/certs
"$root/deploy/tls/make-certs.sh" "$certs" 127.0.0.1 >/dev/null
"$root/deploy/tls/make-certs.sh" "$scratch/strangers" 127.0.0.1 >/dev/null
COPYCOST_CERT_DAYS=0 "$root/deploy/tls/make-certs.sh" "$scratch/expired" 127.0.0.1 >/dev/null

tls() { echo "--tls-ca $1/ca.pem --tls-cert $1/$2.pem --tls-key $1/$2.key"; }

start sender $(tls "$certs" 127.0.0.1)
start receiver $(tls "$certs" 127.0.0.1)
both="--agents sender=$(address sender),receiver=$(address receiver)"
show=$(tls "$certs" coordinator)

# The same trials, with evidence of what this path copies.
expect_measured "$scratch/run" "$copycost" run $both $show --sizes 4K,64K --repeats 2
[ "$(column "$scratch/run/results.csv" topology | sort -u)" = hosts ] || fail "topology"
expect_copies "$scratch/run"
expect_exit 0 "$copycost" plan $both $show
expect_exit 0 "$copycost" modes $both $show
grep -q 'zero-copy *available' "$scratch/out" || fail "modes: $(cat "$scratch/out")"

# Who is not served, and who is not believed.
expect_exit 3 "$copycost" run $both -o "$scratch/no"
expect_said "agent sender"
expect_exit 3 "$copycost" run $both $(tls "$scratch/strangers" coordinator) -o "$scratch/no"
expect_said "agent sender"
expect_exit 2 "$copycost" run $both $(tls "$scratch/expired" coordinator) -o "$scratch/no"
expect_said expired
expect_exit 2 "$copycost" run $both $(tls "$certs" 127.0.0.1) -o "$scratch/no"
expect_said urn:copycost:coordinator
expect_exit 2 "$copycost" run $both $show --topology namespaces -o "$scratch/no"
expect_said --agents --topology
expect_exit 2 "$copycost" run --topology hosts -o "$scratch/no"
expect_said --agents
expect_exit 3 "$copycost" run --agents sender=192.0.2.1:1,receiver=192.0.2.2:1 -o "$scratch/no"
expect_said --insecure --tls-ca
[ ! -e "$scratch/no" ] || fail "a refused run left a directory"

# What an agent's owner does not permit.
start careful $(tls "$certs" 127.0.0.1) --max-rate 1G --allow 192.0.2.0/24
careful="--agents sender=$(address careful),receiver=$(address receiver)"
expect_exit 1 "$copycost" run $careful $show --send two-copy --sizes 64K --repeats 1 -o "$scratch/rate"
expect_said "no pacing" --max-rate --pacing
expect_exit 1 "$copycost" run $careful $show --send two-copy --sizes 64K --repeats 1 --pacing 2G \
  -o "$scratch/faster"
expect_said "2G bit/s" --max-rate
expect_exit 1 "$copycost" run $careful $show --send two-copy --sizes 64K --repeats 1 --pacing 1G \
  -o "$scratch/far"
expect_said 192.0.2.0/24 --allow
start paced $(tls "$certs" 127.0.0.1) --max-rate 1G
expect_measured "$scratch/paced" "$copycost" run --agents "sender=$(address paced),receiver=$(address receiver)" \
  $show --send two-copy --sizes 64K --repeats 3 --pacing 1G
awk -F, 'NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
         $at["purpose"] == "measure" && $at["goodput_gbps"] > 1.05 { print; exit 1 }' \
  "$scratch/paced/results.csv" || fail "faster than its pacing"

# A second coordinator is told who holds the agents.
"$copycost" run $both $show --send two-copy --sizes 4K --repeats 200 -o "$scratch/long" \
  >/dev/null 2>&1 </dev/null &
long=$!
agents+=("$long")
until [ -e "$scratch/long/results.db" ]; do
  kill -0 "$long" || fail "the long run ended"
  sleep 0.05
done
expect_exit 3 "$copycost" run $both $show --share-host -o "$scratch/no"
expect_said "held by" "process $long" since

# Agents outlive a coordinator that is killed, and serve the next.
kill -9 "$long"
expect_measured "$scratch/next" "$copycost" run $both $show --send two-copy --sizes 4K --repeats 2
