#!/usr/bin/env bash
# The newest azureml-core, unmodified: the first generation's SDK reads the code of jobs as snapshots, and takes snapshots of its own. What it
# remembers of them lies in its home, which is one of its own.
. "$(dirname "$0")/../lib.sh"
start_server
trap 'stop_server' EXIT
eval "$("$millrace" env)"
"$millrace" az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >/dev/null
"$millrace" az group create -n conformance-rg -l eastus >/dev/null
"$millrace" az ml workspace create -g conformance-rg -n conformance-ws >/dev/null
"$millrace" az ml compute create -g conformance-rg -w conformance-ws -n cpu-cluster --type amlcompute --max-instances 2 >/dev/null
mkdir -p "$scratch/job/src/lib"
echo 'print("hello")' >"$scratch/job/src/main.py"
echo 'x = 1' >"$scratch/job/src/lib/part.py"
cat >"$scratch/job/job.yml" <<'YAML'
type: command
command: python main.py
code: ./src
environment: azureml:AzureML-sklearn-1.5@latest
compute: azureml:cpu-cluster
YAML
name=$("$millrace" az ml job create -g conformance-rg -w conformance-ws -f "$scratch/job/job.yml" --query name -o tsv)
"$millrace" az ml job stream -g conformance-rg -w conformance-ws -n "$name" >/dev/null
check 'azureml-core: the code of a job restored, snapshots of runs, of a folder and of what changed' env HOME="$scratch" "$clients/azureml-core/bin/python" \
  "$conformance/azureml-core/snapshots.py" conformance-rg conformance-ws "$name" "lib/part.py=$scratch/job/src/lib/part.py"
trap - EXIT
finish
