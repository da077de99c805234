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
check 'the five-step pipeline' "$millrace" run azure-pipelines.yml

script=$(ls "$jobs"/single*/*.py "$jobs"/train_src/*.py 2>/dev/null | head -n 1)
for file in "$jobs"/*_src/*.py; do printf 'raise RuntimeError("the data smelled of fish")\n' | cat - "$file" >"$file.new" && mv "$file.new" "$file"; done
check "a script that raises fails the run and shows its last lines" ends_with 1 'the data smelled of fish' "$millrace" run azure-pipelines.yml
check 'nothing is left running' bash -c '! pgrep -f "$0" | grep -v $$' "$scratch/home"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
