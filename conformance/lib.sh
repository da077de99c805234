# Sourced by the scripts here: where the clients are, a server of one's own, and how a check is reported.
set -euo pipefail
conformance=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(dirname "$conformance")
clients=${MILLRACE_CLIENTS:-$conformance/.clients}
millrace=$repository/bin/millrace
node=$repository/node_modules/.bin/node
seed=$repository/../shared/seed

# Images run on the machine's Python, whatever container tool it has: containers/ alone is about them.
export MILLRACE_CONTAINERS=${MILLRACE_CONTAINERS:-off}

passed=0
failed=0
# check NAME COMMAND...: runs the command quietly; shows what it printed when it fails.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok    $name"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s\n%s\n' "$name" "$output" | tail -n 60
  fi
}
skip() { echo "skip  $1"; }

# A data directory of its own, and a server on it.
start_server() {
  scratch=$(mktemp -d)
  export MILLRACE_HOME=$scratch/home AZURE_CONFIG_DIR=$scratch/azure AZURE_EXTENSION_DIR=$clients/extensions
  "$millrace" up >"$scratch/up.log" 2>&1 &
  for _ in $(seq 200); do
    "$millrace" status >/dev/null 2>&1 && return
    sleep 0.2
  done
  cat "$scratch/up.log"
  return 1
}
stop_server() {
  "$millrace" down >/dev/null 2>&1 || true
  rm -rf "$scratch"
}
finish() {
  stop_server
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
