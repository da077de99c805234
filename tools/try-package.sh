#!/usr/bin/env bash
# Installs a packed tarball as a user would and runs a pipeline with it: the bundle works without the repository around it.
set -euo pipefail
tarball=$1
tools=$(cd "$(dirname "$0")/../node_modules/.bin" && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export MILLRACE_HOME=$place/home
npm install --silent --global --prefix "$place/prefix" "$tarball"
mkdir "$place/project"
printf 'steps:\n- checkout: none\n- bash: echo "hello from the package"\n' >"$place/project/azure-pipelines.yml"
cd "$place/project"
"$place/prefix/bin/millrace" run azure-pipelines.yml
"$place/prefix/bin/millrace" run azure-pipelines.yml 2>&1 | grep -q 'ucceeded'

# The compiler, for programs: in JavaScript, and by its types.
mkdir node_modules && ln -s "$place/prefix/lib/node_modules/millrace" node_modules/millrace
cat >compile.mts <<'TEXT'
import { type CompileResult, compile } from 'millrace/language';
const files = { read: async () => undefined };
const result: CompileResult = await compile({ file: '/a.yml', text: 'steps:\n- bash: echo compiled\n', files });
console.log(result.finalYaml, result.plan?.stages[0]?.jobs[0]?.steps.length);
TEXT
"$tools/node" compile.mts | grep -q 'echo compiled'
"$tools/tsc" --ignoreConfig --noEmit --strict --module nodenext --target esnext --types '' compile.mts
