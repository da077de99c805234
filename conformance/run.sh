#!/usr/bin/env bash
# Every real client against a server of its own, the server's death at random moments, and the search for secrets.
set -euo pipefail
cd "$(dirname "$0")"
export PATH=$PWD/../node_modules/.bin:$PATH
bash set-up.sh
status=0
for script in tutorial az azure-ai-ml secrets; do
  echo "-- $script"
  bash "$script/run.sh" || status=1
done
echo '-- kill-nine'
node kill-nine/run.ts --times "${MILLRACE_KILLS:-50}" || status=1
exit $status
