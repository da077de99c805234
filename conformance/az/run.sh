#!/usr/bin/env bash
# The real az, unmodified, in a plain shell that `millrace env` points at the server; then the embedded az beside it, key by key.
. "$(dirname "$0")/../lib.sh"
az=$clients/az/bin/az
sample=$repository/samples/nyc-taxi/cli/jobs/pipelines-with-components/nyc_taxi_data_regression
group=conformance-rg
workspace=conformance-ws

# What steps find as `az` under --az real is what the server's own PATH has.
PATH=$clients/az/bin:$PATH start_server
trap 'stop_server' EXIT
eval "$("$millrace" env)"
login=(login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID")
there=(-g "$group" -w "$workspace")

# A workspace to work in, made by the embedded az.
"$millrace" az "${login[@]}" >/dev/null
"$millrace" az group create -n "$group" -l eastus >/dev/null
"$millrace" az ml workspace create -g "$group" -n "$workspace" >/dev/null
"$millrace" az ml compute create "${there[@]}" -n cpu-cluster --type amlcompute --min-instances 0 --max-instances 2 >/dev/null
"$millrace" az ml compute create "${there[@]}" -n instance --type ComputeInstance >/dev/null
echo a,b >"$scratch/model.csv"
"$millrace" az ml model create "${there[@]}" -n compared -v 1 --path "$scratch/model.csv" >/dev/null
printf 'name: compared\ntrigger: {type: cron, expression: "0 3 1 1 *"}\ncreate_job: %s\n' "$sample/single-job-pipeline.yml" >"$scratch/schedule.yml"
"$millrace" az ml schedule create "${there[@]}" --file "$scratch/schedule.yml" >/dev/null

"$millrace" az extension add -n ml
export OWN_AZURE_CONFIG_DIR=$AZURE_CONFIG_DIR AZURE_CONFIG_DIR=$scratch/azure-real
check 'az login --service-principal' "$az" "${login[@]}"
check 'az account show' "$az" account show
check 'az account get-access-token' "$az" account get-access-token
check 'az rest reads the workspace' "$az" rest --method get --url \
  "https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.MachineLearningServices/workspaces/$workspace?api-version=2024-04-01"
if [ -d "$clients/extensions/ml" ]; then
  job() { (cd "$sample" && "$az" ml job create --file single-job-pipeline.yml "${there[@]}" "$@"); }
  check 'az ml job create' job --name real-job
  check 'az ml job show' "$az" ml job show --name real-job "${there[@]}"
  check 'az ml job stream ends with the job' "$az" ml job stream --name real-job "${there[@]}"
  check 'the job is Completed' test "$("$az" ml job show --name real-job "${there[@]}" --query status -o tsv)" = Completed
  check 'az ml job download' "$az" ml job download --name real-job "${there[@]}" --all --download-path "$scratch/download"
  check 'az ml job download --all brings named outputs' test -n "$(find "$scratch/download/named-outputs" -type f)"
  printf 'type: command\ncommand: sleep 300\ncompute: azureml:cpu-cluster\nenvironment: {image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04}\n' >"$scratch/long.yml"
  check 'az ml job create of a job that goes on' "$az" ml job create --file "$scratch/long.yml" --name real-canceled "${there[@]}"
  check 'az ml job cancel' "$az" ml job cancel --name real-canceled "${there[@]}"
  # A client that follows no operation reads an answer's types once and loses them the second time.
  check 'az ml schedule create' "$az" ml schedule create "${there[@]}" --name of-real --file "$scratch/schedule.yml"
  check 'az ml schedule disable' "$az" ml schedule disable "${there[@]}" --name of-real
  check 'az ml schedule enable' "$az" ml schedule enable "${there[@]}" --name of-real
  check 'az ml compute update says what it is' test "$("$az" ml compute update "${there[@]}" -n cpu-cluster --max-instances 2 --query type -o tsv)" = amlcompute
  check 'the groups that are here have the commands and options of the extension' "$node" --test "$repository/src/cli/az/groups/ml/public-commands.test.ts"
  # Assets of a registry, made by one client and shown by both.
  "$millrace" az ml registry create -g "$group" -n conformance-registry --set location=eastus >/dev/null
  check 'az ml model create in a registry' "$az" ml model create -n of-real -v 1 --path "$scratch/model.csv" --registry-name conformance-registry
  check 'az ml model download from a registry' "$az" ml model download -n of-real -v 1 --registry-name conformance-registry --download-path "$scratch/registry"
  check 'az ml model share' "$az" ml model share -n compared -v 1 "${there[@]}" --registry-name conformance-registry --share-with-name shared --share-with-version 1
  check 'az ml data create without waiting' "$az" ml data create -n compared -v 1 --path "$scratch/model.csv" --type uri_file "${there[@]}" --no-wait
  check 'the embedded az mounts its data' "$millrace" az ml data mount --path azureml:compared:1 --mount-point "$scratch/mounted" "${there[@]}"
  check 'the data is there' cmp "$scratch/model.csv" "$scratch/mounted/model.csv"
  check 'the embedded az makes an environment of a registry' "$millrace" az ml environment create -n of-ours -v 1 --image python:3.12 --registry-name conformance-registry
  for one in "$az" "$millrace az"; do
    check "$(basename "$one") shows a curated environment of the registry azureml" test "$($one ml environment show -n sklearn-1.5 --label latest --registry-name azureml --query id -o tsv)" = azureml://registries/azureml/environments/sklearn-1.5/versions/1
    check "$(basename "$one") lists the registry azureml" test "$($one ml environment list --registry-name azureml --query "[?name=='sklearn-1.5'].name" -o tsv)" = sklearn-1.5
  done
  check 'the embedded az answers with the same keys' "$node" "$conformance/az/compare.ts" "$az" "$millrace" "$group" "$workspace" real-job
else
  skip 'az ml: the ml extension is not beside the repository'
fi
if [ -x /usr/bin/az ]; then
  # The extensions of the newest az are not for this one.
  mkdir -p "$scratch/azure-debian"
  export AZURE_CONFIG_DIR=$scratch/azure-debian AZURE_EXTENSION_DIR=$scratch/no-extensions
  check "Debian's az logs in" /usr/bin/az "${login[@]}"
  check "Debian's az reads the workspace" /usr/bin/az rest --method get --url \
    "https://management.azure.com/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/$group/providers/Microsoft.MachineLearningServices/workspaces/$workspace?api-version=2024-04-01"
else
  skip "Debian's az is not installed"
fi

# The tutorial's pipeline, wholly under the real az.
if [ -d "$seed" ] && [ -d "$clients/extensions/ml" ]; then
  export AZURE_EXTENSION_DIR=$clients/extensions
  cp -r "$repository/samples/nyc-taxi" "$scratch/project"
  cp "$seed/azure-pipelines-arm.yml" "$scratch/project/"
  tutorial() { (cd "$scratch/project" && MILLRACE_REAL_AZ=$az PATH="$clients/az/bin:$PATH" "$millrace" run azure-pipelines-arm.yml --az real); }
  check 'the ARM variant under --az real' tutorial
else
  skip 'the tutorial under --az real: its pipelines or the extension are not beside the repository'
fi

# What local mode makes for the real az is one line of the run, as for the embedded one.
made_for_real() {
  printf 'steps:\n- task: AzureCLI@2\n  inputs: {azureSubscription: made-for-real, scriptType: bash, scriptLocation: inlineScript, inlineScript: az group show --name made-for-real}\n' >"$scratch/made.yml"
  (cd "$scratch" && MILLRACE_REAL_AZ=$az PATH="$clients/az/bin:$PATH" "$millrace" run made.yml --az real) >"$scratch/made.log" 2>&1 || { cat "$scratch/made.log"; return 1; }
  [ "$(grep -c 'created resource group made-for-real' "$scratch/made.log")" = 1 ] || { cat "$scratch/made.log"; return 1; }
}
check 'what is made for the real az is said once' made_for_real
trap - EXIT
finish
