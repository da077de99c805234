#!/usr/bin/env bash
# The newest azure-ai-ml, unmodified: gets the workspace, submits the sample's single job, and streams it to Completed.
. "$(dirname "$0")/../lib.sh"
start_server
trap 'stop_server' EXIT
eval "$("$millrace" env)"
"$millrace" az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >/dev/null
"$millrace" az group create -n conformance-rg -l eastus >/dev/null
"$millrace" az ml workspace create -g conformance-rg -n conformance-ws >/dev/null
"$millrace" az ml compute create -g conformance-rg -w conformance-ws -n cpu-cluster --type amlcompute --max-instances 2 >/dev/null
check 'azure-ai-ml: workspace, submit, stream to Completed' "$clients/sdk/bin/python" "$conformance/azure-ai-ml/submit.py" \
  "$repository/samples/nyc-taxi/cli/jobs/pipelines-with-components/nyc_taxi_data_regression/single-job-pipeline.yml" conformance-rg conformance-ws
trap - EXIT
finish
