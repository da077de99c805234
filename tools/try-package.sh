#!/usr/bin/env bash
# Installs a packed tarball as a user would and runs a pipeline with it: the bundle works without the repository around it.
set -euo pipefail
tarball=$1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export MILLRACE_HOME=$place/home
npm install --silent --global --prefix "$place/prefix" "$tarball"
mkdir "$place/project"
printf 'steps:\n- checkout: none\n- bash: echo "hello from the package"\n' >"$place/project/azure-pipelines.yml"
cd "$place/project"
"$place/prefix/bin/millrace" run azure-pipelines.yml
"$place/prefix/bin/millrace" run azure-pipelines.yml 2>&1 | grep -q 'ucceeded'
