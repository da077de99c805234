#!/usr/bin/env bash
# The job types beyond command and pipeline, by the newest azure-ai-ml on the local driver, with figures: a sweep of 20 trials, a job on three
# nodes, and both a sweep and a parallel component as nodes of a pipeline.
. "$(dirname "$0")/../lib.sh"
start_server
trap 'stop_server' EXIT
eval "$("$millrace" env)"
"$millrace" az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >/dev/null
"$millrace" az group create -n types-rg -l eastus >/dev/null
"$millrace" az ml workspace create -g types-rg -n types-ws >/dev/null
"$millrace" az ml compute create -g types-rg -w types-ws -n cpu-cluster --type amlcompute --max-instances 4 >/dev/null
for part in sweep distributed nodes; do
  # The figures are shown whether it passes or not: they are the evidence.
  if "$clients/sdk/bin/python" "$conformance/job-types/job_types.py" "$part" types-rg types-ws >"$scratch/$part.log" 2>&1; then
    passed=$((passed + 1))
    echo "ok    job types: $part"
    grep '^  ' "$scratch/$part.log" || true
  else
    failed=$((failed + 1))
    echo "FAIL  job types: $part"
    grep -v 'Uploading\|experimental class' "$scratch/$part.log" | tail -n 60
  fi
done
trap - EXIT
finish
