#!/usr/bin/env bash
# The newest mlflow client, unmodified: every call of its REST stores, at the plain address and under a workspace's; then under the workspace's
# azureml address with the azureml-mlflow plug-in.
. "$(dirname "$0")/../lib.sh"
start_server
trap 'stop_server' EXIT
here=$conformance/mlflow
python=$clients/mlflow/bin/python
read -r url token < <("$node" -e 'const s = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")); console.log(s.url, s.token)' "$MILLRACE_HOME/server.json")
eval "$("$millrace" env)"
there=(-g conformance-rg -w conformance-ws)
"$millrace" az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" >/dev/null
"$millrace" az group create -n conformance-rg -l eastus >/dev/null
"$millrace" az ml workspace create -g conformance-rg -n conformance-ws >/dev/null
workspace=/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/conformance-rg/providers/Microsoft.MachineLearningServices/workspaces/conformance-ws

"$python" "$here/list-calls.py" >"$scratch/calls.ts"
table=$repository/src/ml/tracking/client-calls.gen.ts
# A release of the client that is newer than the table is news, no fault: its calls are told.
if [ "$(grep MLFLOW_VERSION "$table")" = "$(grep MLFLOW_VERSION "$scratch/calls.ts")" ]; then
  check 'mlflow: the table knows every call of the client' diff "$table" "$scratch/calls.ts"
else
  skip "mlflow: the table of calls is of another release than the client; 'list-calls.py' prints the client's. They differ in:"
  diff "$table" "$scratch/calls.ts" | grep '^[<>]' || true
fi

# The client talks to loopback itself, without the proxy of `millrace env`.
plain() {
  local address=$1
  shift
  cd "$scratch"
  env -u HTTPS_PROXY -u HTTP_PROXY -u https_proxy -u http_proxy MLFLOW_TRACKING_URI="$address" MLFLOW_TRACKING_TOKEN="$token" \
    MLFLOW_DISABLE_TELEMETRY=true MLFLOW_HTTP_REQUEST_MAX_RETRIES=2 GIT_PYTHON_REFRESH=quiet CALLS_LOG="$scratch/calls.log" PYTHONPATH="$here" "$python" "$@"
}
for address in "$url/mlflow" "$url/mlflow/v2.0$workspace"; do
  at=plain
  [ "$address" = "$url/mlflow" ] || at='in the workspace'
  check "mlflow, $at: experiments, runs, metrics, nested runs" plain "$address" "$here/runs.py"
  check "mlflow, $at: search, order, pages" plain "$address" "$here/search.py"
  check "mlflow, $at: artifacts up and down" plain "$address" "$here/artifacts.py"
  check "mlflow, $at: the model registry" plain "$address" "$here/registry.py" "$scratch/model"
  check "mlflow, $at: the prompt registry" plain "$address" "$here/prompts.py"
  check "mlflow, $at: evaluation datasets and scorers" plain "$address" "$here/evaluation.py"
  check "mlflow, $at: webhooks of the registry" plain "$address" "$here/webhooks.py"
  check "mlflow, $at: traces and assessments" plain "$address" "$here/traces.py"
  check "mlflow, $at: spans sent by OpenTelemetry's protocol" plain "$address" "$here/otlp.py"
  check "mlflow, $at: online scoring and prompt optimization, kept" plain "$address" "$here/background.py"
  check "mlflow, $at: its own workspaces" plain "$address" "$here/workspaces.py"
  check "mlflow, $at: traces by expressions and issues" plain "$address" "$here/trace_search.py"
  check "mlflow, $at: figures over traces" plain "$address" "$here/trace_metrics.py"
  check "mlflow, $at: issues, label schemas, review queues" plain "$address" "$here/reviews.py"
  check "mlflow, $at: the gateway's registry" plain "$address" "$here/gateway.py"
  check "mlflow, $at: logged models, autolog of scikit-learn" plain "$address" "$here/models.py"
done
check 'mlflow: what is not built says so' plain "$url/mlflow" "$here/unbuilt.py"
check 'mlflow: every call that works was made' "$python" "$here/ticked.py" "$repository/docs/reference/mlflow-calls.gen.md" "$scratch/calls.log"

# The plug-in takes the run from the variables of a job, and goes to the public names by the proxy.
by_plug_in() {
  local run address
  address=$("$millrace" az ml workspace show -g conformance-rg -n conformance-ws --query mlflow_tracking_uri -o tsv)
  run=$(plain "$url/mlflow" -c 'import mlflow; print(mlflow.MlflowClient().create_run("0").info.run_id)' | tail -n 1)
  cd "$scratch"
  MLFLOW_TRACKING_URI=$address MLFLOW_TRACKING_TOKEN=$token MLFLOW_RUN_ID=$run MLFLOW_HTTP_REQUEST_MAX_RETRIES=2 MLFLOW_DISABLE_TELEMETRY=true \
    GIT_PYTHON_REFRESH=quiet "$clients/azureml-mlflow/bin/python" "$here/plugin.py"
}
check 'azureml-mlflow, at the workspace’s azureml address' by_plug_in

# One store: what mlflow registered is a model of the workspace, and the other way round.
listed() { "$millrace" az ml model list --name "$(cat "$scratch/model")" "${there[@]}" --query '[].version' -o tsv | grep -qx 4; }
check 'az ml model list shows what mlflow registered' listed
other_way() {
  mkdir -p "$scratch/by-az" && echo weights >"$scratch/by-az/weights.bin"
  "$millrace" az ml model create --name by-az --version 3 --path "$scratch/by-az" "${there[@]}" >/dev/null
  plain "$url/mlflow" -c 'import mlflow; v = mlflow.MlflowClient().get_model_version("by-az", "3"); print(v); assert mlflow.artifacts.load_text("models:/by-az/3/weights.bin") == "weights\n"'
}
check 'mlflow shows and downloads what az ml model create made' other_way
trap - EXIT
finish
