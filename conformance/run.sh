#!/usr/bin/env bash
# Real clients against servers of their own. Usage: run.sh [NAME …] with names among tutorial, az, azure-ai-ml, azureml-core, job-types,
# azure-storage-blob, mlflow, containers, secrets, kill-nine; all of them without a name.
set -euo pipefail
cd "$(dirname "$0")"
export PATH=$PWD/../node_modules/.bin:$PATH
bash set-up.sh
status=0
for name in "${@:-tutorial az azure-ai-ml azureml-core job-types azure-storage-blob mlflow containers secrets kill-nine}"; do
  for script in $name; do
    echo "-- $script"
    if [ "$script" = kill-nine ]; then
      node kill-nine/agent.ts || status=1
      node kill-nine/away.ts || status=1
      node kill-nine/run.ts --times "${MILLRACE_KILLS:-50}" || status=1
    else bash "$script/run.sh" || status=1; fi
  done
done
exit $status
