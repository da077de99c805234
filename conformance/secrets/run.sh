#!/usr/bin/env bash
# Runs the generic variant, whose AAD_TOKEN is a secret output and whose webhook carries a job token, and searches everything that was kept.
# Every token is a JWT of one issuer, so beside the tokens that the steps write down, the header that all of them share is searched for.
. "$(dirname "$0")/../lib.sh"
scratch=$(mktemp -d)
export MILLRACE_HOME=$scratch/home WITNESS=$scratch/tokens
trap 'rm -rf "$scratch"' EXIT
[ -d "$seed" ] || { skip "the tutorial's pipelines are not beside the repository"; exit 0; }
cp -r "$repository/samples/nyc-taxi" "$scratch/project"
cd "$scratch/project"
# The tutorial's own steps, and two that put what they were given outside the data directory.
sed -e "s|^        export aadToken=.*|&\n        echo \"\$aadToken\" >> '$WITNESS'|" \
  -e "s|^  - task: AzureCLI@2|  - bash: echo \"\$TOKEN\" >> '$WITNESS'; echo \"\$TOKEN\" \| base64; echo \"the token is \$TOKEN\"\n    env:\n      TOKEN: \$(System.AccessToken)\n&|" \
  "$seed/azure-pipelines-generic.yml" >azure-pipelines.yml
check 'the generic variant runs' "$millrace" run azure-pipelines.yml
check 'two tokens were handed out' test "$(grep -c . "$WITNESS" 2>/dev/null)" = 2
cut -c 1-32 "$WITNESS" | sort -u >"$scratch/headers"
check 'no token lies in the data directory' "$node" "$conformance/secrets/search.ts" "$MILLRACE_HOME" "@$WITNESS" "@$scratch/headers"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
