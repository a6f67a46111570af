# Agents on this host, reached over loopback: sourced after lib.sh. They end with the test.
#
#   start sender --max-rate 1G
#   expect_exit 0 "$copycost" plan --agents "sender=$(address sender),receiver=..."

readonly agent=$scratch/bin/copycost-agent
agents=()  # processes to end with the test
trap 'kill "${agents[@]}" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# start NAME FLAG...: an agent on a port of its own, which it says in $scratch/NAME.log.
start() {
  local name=$1
  shift
  "$agent" --listen 127.0.0.1:0 "$@" 2>"$scratch/$name.log" </dev/null &
  agents+=($!)
  until grep -qs 'listening on' "$scratch/$name.log"; do
    kill -0 $! 2>/dev/null || fail "agent $name: $(cat "$scratch/$name.log")"
    sleep 0.05
  done
}
address() { sed -n 's/.*listening on //p' "$scratch/$1.log"; }
