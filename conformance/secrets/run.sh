#!/usr/bin/env bash
# Runs the generic variant, whose AAD_TOKEN is a secret output and whose webhook carries a job token, then a pipeline that puts a secret into all
# that nobody declares secret, and searches everything that was kept.
# Every token is a JWT of one issuer, so beside the tokens that the steps write down, the header that all of them share is searched for.
. "$(dirname "$0")/../lib.sh"
# Before the server starts: its agents inherit these.
WITNESS=$(mktemp)
MADE="made+$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')/x"
export WITNESS MADE
start_server
trap 'rm -f "$WITNESS"; stop_server' EXIT

# Values made of a secret. The second job gets the outputs whole: it writes them down where nobody searches, and they are compared.
mkdir "$scratch/inside"
cd "$scratch/inside"
GIVEN="given+$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')/x"
export GIVEN
cat >azure-pipelines.yml <<'PIPELINE'
name: n-$(GIVEN)$(Rev:.r)
parameters:
- name: word
  default: none
jobs:
- job: A
  steps:
  - bash: |
      echo "##vso[task.setsecret]$MADE"
      echo "##vso[task.setvariable variable=given;isOutput=true]out-$S"
      echo "##vso[task.setvariable variable=made;isOutput=true]out-$MADE"
      echo "##vso[task.setvariable variable=plain]job-$S"
      echo "##vso[task.logissue type=warning]issue $S $MADE"
      echo "##vso[build.addbuildtag]tag-$S"
      echo "##vso[artifact.associate type=filepath;artifactname=a;note=n-$S]/nowhere/$S"
    name: set
    env:
      S: $(GIVEN)
  - bash: echo ${{ variables.GIVEN }} ${{ parameters.word }} $(plain)
    displayName: say $(GIVEN)
- job: B
  dependsOn: A
  variables:
    given: $[ dependencies.A.outputs['set.given'] ]
    made: $[ dependencies.A.outputs['set.made'] ]
  steps:
  - bash: printf '%s\n%s\n' "$G" "$M" >"$WITNESS"
    env:
      G: $(given)
      M: $(made)
PIPELINE
check 'a pipeline with a secret inside other values runs' \
  "$millrace" run azure-pipelines.yml --secret GIVEN --variable "near=near-$GIVEN" --parameter "word=word-$GIVEN"
check 'a later job gets them whole' test "$(cat "$WITNESS")" = "$(printf 'out-%s\nout-%s' "$GIVEN" "$MADE")"
for part in A/set A/Bash B; do "$millrace" explain --run 1 --at "$part" >>"$scratch/shown" 2>&1 || true; done
"$millrace" runs show 1 --json >>"$scratch/shown" 2>&1 || true
"$millrace" runs logs 1 >>"$scratch/shown" 2>&1 || true
check 'something was shown' grep -q 'word-\*\*\*' "$scratch/shown"
mkdir "$scratch/answers" && mv "$scratch/shown" "$scratch/answers/"
check 'the secret is shown nowhere' "$node" "$conformance/secrets/search.ts" "$scratch/answers" "$GIVEN"
check 'the secrets lie nowhere in the data directory' "$node" "$conformance/secrets/search.ts" "$MILLRACE_HOME" "$GIVEN" "$MADE"
: >"$WITNESS"

if [ -d "$seed" ]; then
  cp -r "$repository/samples/nyc-taxi" "$scratch/project"
  cd "$scratch/project"
  # The tutorial's own steps, and two that put what they were given outside the data directory.
  sed -e "s|^        export aadToken=.*|&\n        echo \"\$aadToken\" >> '$WITNESS'|" \
    -e "s|^  - task: AzureCLI@2|  - bash: echo \"\$TOKEN\" >> '$WITNESS'; echo \"\$TOKEN\" \| base64; echo \"the token is \$TOKEN\"\n    env:\n      TOKEN: \$(System.AccessToken)\n&|" \
    "$seed/azure-pipelines-generic.yml" >azure-pipelines.yml
  check 'the generic variant runs' "$millrace" run azure-pipelines.yml
  check 'two tokens were handed out' test "$(grep -c . "$WITNESS" 2>/dev/null)" = 2
  cut -c 1-32 "$WITNESS" | sort -u >"$scratch/headers"
  # What a running server tidies up meanwhile would be missed, or be gone when it is to be read.
  "$millrace" down >/dev/null
  check 'no token lies in the data directory' "$node" "$conformance/secrets/search.ts" "$MILLRACE_HOME" "@$WITNESS" "@$scratch/headers"
else skip "the tutorial's pipelines are not beside the repository"; fi
finish
