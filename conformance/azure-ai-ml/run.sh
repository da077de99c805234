#!/usr/bin/env bash
# The newest azure-ai-ml, unmodified: a whole project by `millrace env`, the same told of the cloud by the client's arguments, with each credential;
# and the sample's single job, streamed to Completed.
. "$(dirname "$0")/../lib.sh"
start_server
trap 'stop_server' EXIT
eval "$("$millrace" env)"
python=$clients/sdk/bin/python
cycle=$conformance/azure-ai-ml/cycle
export MLFLOW_PYTHON=$clients/azureml-mlflow/bin/python
"$millrace" az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >/dev/null
"$millrace" az group create -n conformance-rg -l eastus >/dev/null
"$millrace" az ml workspace create -g conformance-rg -n conformance-ws >/dev/null
"$millrace" az ml compute create -g conformance-rg -w conformance-ws -n cpu-cluster --type amlcompute --max-instances 2 >/dev/null
check 'azure-ai-ml: workspace, submit, stream to Completed' "$python" "$conformance/azure-ai-ml/submit.py" \
  "$repository/samples/nyc-taxi/cli/jobs/pipelines-with-components/nyc_taxi_data_regression/single-job-pipeline.yml" conformance-rg conformance-ws

# A mount wants FUSE, and the right to use it.
if [ -w /dev/fuse ] && command -v fusermount >/dev/null; then
  check 'azure-ai-ml: a data asset and a datastore mounted on this machine' "$clients/mount/bin/python" \
    "$conformance/azure-ai-ml/mount.py" conformance-rg conformance-ws
else skip 'azure-ai-ml: mounts, without FUSE'; fi

# The list of calls is shown whether it passes or not: it is the evidence.
report() {
  if "$python" "$cycle/run.py" "$@" >"$scratch/cycle.log" 2>&1; then
    passed=$((passed + 1))
    echo "ok    azure-ai-ml: a whole project, $1, $2"
    sed -n '/distinct calls/,$p' "$scratch/cycle.log"
  else
    failed=$((failed + 1))
    echo "FAIL  azure-ai-ml: a whole project, $1, $2"
    grep -v 'Uploading\|experimental class' "$scratch/cycle.log" | tail -n 150
  fi
}
report env ClientSecretCredential conformance-rg cycle-env
report cloud DefaultAzureCredential conformance-rg cycle-cloud
# az is asked for a token by the third credential: the real one, signed in as a user would.
export PATH=$clients/az/bin:$PATH
az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >/dev/null
for how in env cloud; do
  check "azure-ai-ml: a workspace with AzureCliCredential, $how" "$python" "$cycle/read.py" "$how" AzureCliCredential conformance-rg conformance-ws
done
trap - EXIT
finish
