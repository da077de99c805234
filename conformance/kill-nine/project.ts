import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long the steps and the ML node take, in seconds: long enough for a random moment to fall into each of them. */
const STEP_SECONDS = 0.6;
const NODE_SECONDS = 1.5;
/** Lines that the first step prints. */
export const COUNTED = 20;

/**
 * A small project whose every part says once that it ran. Each start appends `<what> <run> <attempt's own id>` to `witness`.
 * Lines are appended by one `printf`, so that concurrent writers never mix.
 */
export function writeProject(folder: string, witness: string): void {
  mkdirSync(join(folder, 'jobs'), { recursive: true });
  writeFileSync(
    join(folder, 'jobs', 'job.yml'),
    `type: pipeline
settings:
  default_compute: azureml:cpu-cluster
  force_rerun: true
jobs:
  first:
    type: command
    command: >-
      printf '%s\\n' "node first $AZUREML_RUN_ID" >> ${witness}; sleep ${NODE_SECONDS}; echo value > \${{outputs.made}}/value.txt
    environment:
      image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04
    outputs:
      made:
        type: uri_folder
  second:
    type: command
    command: >-
      printf '%s\\n' "node second $AZUREML_RUN_ID" >> ${witness}; sleep ${NODE_SECONDS}; cat \${{inputs.made}}/value.txt
    environment:
      image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04
    inputs:
      made:
        type: uri_folder
        path: \${{parent.jobs.first.outputs.made}}
`,
  );
  writeFileSync(
    join(folder, 'azure-pipelines.yml'),
    `variables:
  service-connection: kill-connection
  resource-group: kill-rg
  workspace: kill-ws
jobs:
- job: Submit
  steps:
  - checkout: self
  - bash: |
      printf '%s\\n' "step count $BUILD_BUILDID" >> ${witness}
      for i in $(seq 1 ${COUNTED}); do echo "counted $i"; sleep ${STEP_SECONDS / COUNTED}; done
    displayName: Count
  - task: AzureCLI@2
    name: submit
    inputs:
      azureSubscription: $(service-connection)
      scriptType: bash
      scriptLocation: inlineScript
      workingDirectory: jobs
      inlineScript: |
        printf '%s\\n' "step submit $BUILD_BUILDID" >> ${witness}
        name=$(az ml job create --file job.yml -g $(resource-group) -w $(workspace) --query name -o tsv) || exit 1
        echo "##vso[task.setvariable variable=JOB_NAME;isOutput=true]$name"
- job: Wait
  pool: server
  dependsOn: Submit
  variables:
    job: $[ dependencies.Submit.outputs['submit.JOB_NAME'] ]
  steps:
  - task: AzureMLJobWaitTask@1
    inputs:
      serviceConnection: $(service-connection)
      resourceGroupName: $(resource-group)
      azureMLWorkspaceName: $(workspace)
      azureMLJobName: $(job)
- job: After
  dependsOn: Wait
  steps:
  - checkout: none
  - bash: printf '%s\\n' "step after $BUILD_BUILDID" >> ${witness}
`,
  );
}

/** What a run of the project says when each part ran exactly once, for one run id; nodes carry ids of their own. */
export const EXPECTED_STEPS = ['count', 'submit', 'after'] as const;
export const EXPECTED_NODES = ['first', 'second'] as const;
