#!/usr/bin/env bash
# The tutorial's two pipelines, byte for byte, in a copy of the sample's tree; a script that raises; a job canceled from elsewhere.
. "$(dirname "$0")/../lib.sh"
scratch=$(mktemp -d)
export MILLRACE_HOME=$scratch/home
trap 'rm -rf "$scratch"' EXIT
cp -r "$repository/samples/nyc-taxi" "$scratch/project"
cd "$scratch/project"
jobs=cli/jobs/pipelines-with-components/nyc_taxi_data_regression

# ends_with STATUS TEXT COMMAND...: the command's exit code and a text in what it prints.
ends_with() {
  local status=0 output
  output=$("${@:3}" 2>&1) || status=$?
  echo "$output"
  [ "$status" = "$1" ] || { echo "exit code $status, not $1"; return 1; }
  grep -qF -- "$2" <<<"$output" || { echo "nothing says: $2"; return 1; }
}
if [ -d "$seed" ]; then
  cp "$seed"/azure-pipelines-*.yml .
  check 'the ARM variant, verbatim' "$millrace" run azure-pipelines-arm.yml
  check 'the generic variant, verbatim, with a warning about the missing connection' ends_with 0 azureSubscription "$millrace" run azure-pipelines-generic.yml
else
  skip "the tutorial's pipelines are not beside the repository"
fi
check "the sample's own pipeline" "$millrace" run azure-pipelines.yml
sed 's/single-job-pipeline\.yml/pipeline.yml/' azure-pipelines.yml >five-steps.yml
check 'the five-step pipeline' "$millrace" run five-steps.yml

# A job that goes on until it is told to stop, canceled from another terminal, then by Ctrl-C.
printf 'type: command\ncommand: sleep 300\ncompute: azureml:cpu-cluster\nenvironment: {image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04}\n' >"$jobs/long.yml"
sed 's/single-job-pipeline\.yml/long.yml/' azure-pipelines.yml >long.yml
wait_for_job() {
  for _ in $(seq 150); do
    name=$("$millrace" az ml job list -g "$group" -w "$workspace" --query "[?status=='Running'].name | [0]" -o tsv 2>/dev/null || true)
    [ -n "$name" ] && return
    sleep 0.2
  done
  echo 'no job began to run'
  return 1
}
group=$(sed -n "s/^ *resource-group: *'\{0,1\}\([^'# ]*\).*/\1/p" azure-pipelines.yml | head -n 1)
workspace=$(sed -n "s/^ *workspace: *'\{0,1\}\([^'# ]*\).*/\1/p" azure-pipelines.yml | head -n 1)
cancel_elsewhere() {
  "$millrace" run long.yml &
  local run=$! status=0
  wait_for_job && "$millrace" az ml job cancel --name "$name" -g "$group" -w "$workspace" || return 1
  wait "$run" || status=$?
  echo "exit code $status"
  [ "$status" = 5 ]
}
interrupt() {
  "$millrace" run long.yml &
  local run=$! status=0
  wait_for_job && kill -INT "$run"
  wait "$run" || status=$?
  echo "exit code $status"
  [ "$status" = 130 ]
}
check 'az ml job cancel from another terminal: canceled all the way, exit 5' cancel_elsewhere
# A shell starts background commands with SIGINT ignored; job control gives it back.
set -m
check 'Ctrl-C stops everything, exit 130' interrupt
# The same with a step that goes on after it has submitted the job: no task waits for that yet.
printf 'steps:\n- task: AzureCLI@2\n  inputs:\n    azureSubscription: tutorial\n    scriptType: bash\n    scriptLocation: inlineScript\n    inlineScript: az ml job create -f %s/long.yml -g %s -w %s && sleep 300\n' "$jobs" "$group" "$workspace" >long.yml
check 'Ctrl-C ends a job that no task waits for' interrupt
set +m
check 'nothing is left running after it' bash -c '! pgrep -x -f "sleep 300"'

for file in "$jobs"/*_src/*.py; do printf 'raise RuntimeError("the data smelled of fish")\n' | cat - "$file" >"$file.new" && mv "$file.new" "$file"; done
check "a script that raises fails the run and shows its last lines" ends_with 1 'the data smelled of fish' "$millrace" run azure-pipelines.yml
check 'nothing is left running' bash -c '! pgrep -f "$0" | grep -v $$' "$scratch/home"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
