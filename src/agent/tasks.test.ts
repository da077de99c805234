import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { JobStep } from '../contracts/agent.ts';
import { bashStep, jobOf } from './fake-server.ts';
import { runTestJob } from './test-agent.ts';

const root = mkdtempSync(join(tmpdir(), 'millrace-tasks-'));
after(() => rmSync(root, { recursive: true, force: true }));

function program(folder: string, name: string, script: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
  return folder;
}

function taskStep(id: string, name: string, version: string, inputs: JobStep['inputs']): JobStep {
  return bashStep(name.toLowerCase(), '', { reference: { id, name, version }, inputs });
}

const usePython = (versionSpec: string) =>
  taskStep('33c63b11-352b-45a2-ba1b-54cb568a29ca', 'UsePythonVersion', '0.1.0', { versionSpec });
const azureCli = (inputs: JobStep['inputs']) =>
  taskStep('46e4be58-730b-4389-8a2f-ea10b3e5e815', 'AzureCLI', '2.1.0', {
    scriptType: 'bash',
    scriptLocation: 'inlineScript',
    ...inputs,
  });

/** A program that answers the question for its version as a Python would. */
const python = (version: string) =>
  `case "$1" in -I) echo '["${version}", "x86_64", 8, "/nowhere", false, true, "cpython"]';; *) echo "python ${version} $*";; esac`;

test('the highest Python that fits and runs is chosen, and gives python and pip', async () => {
  const pyenv = join(root, 'pyenv');
  program(join(pyenv, 'versions', '98.7.1', 'bin'), 'python3', python('98.7.1'));
  program(join(pyenv, 'versions', '98.9.0', 'bin'), 'python3', python('98.9.0'));
  program(join(pyenv, 'versions', '98.10.0', 'bin'), 'python3', 'echo broken >&2; exit 1');
  program(join(pyenv, 'versions', '98.11.0', 'bin'), 'python3', python('98.11.0rc1'));
  const look = bashStep('look', 'python hello; pip list; echo "at $PYTHONLOCATION"');
  const env = { PATH: process.env['PATH'], HOME: root, PYENV_ROOT: pyenv };
  const step = usePython('>=98.3');
  const { event, server } = await runTestJob(jobOf([step, look]), { env });
  assert.equal(event.result, 'succeeded', server.logOf(step.id).join('\n'));
  assert.ok(server.logOf(look.id).includes('python 98.9.0 hello'));
  assert.ok(server.logOf(look.id).includes('python 98.9.0 -m pip list'));

  const none = usePython('97.x');
  const failed = await runTestJob(jobOf([none]), { env });
  assert.equal(failed.event.result, 'failed');
  const text = failed.server.logOf(none.id).join('\n');
  assert.match(text, /No Python fits the versionSpec '97\.x'/);
  assert.match(text, /98\.7\.1 \(x64\)/);
});

test('AzureCLI logs in by the connection, chooses the subscription, and leaves no login behind', async () => {
  const tools = program(
    join(root, 'az-folder'),
    'az',
    'for a in "$@"; do case $a in @*) printf "[file:%s] " "$(wc -c < "${a#@}" | tr -d " ")";; *) printf "%s " "$a";; esac; done; echo "dir=${AZURE_CONFIG_DIR##*/}"',
  );
  const key = 'k3y-of-the-principal';
  const endpoint = {
    id: '11111111-2222-3333-4444-555555555555',
    name: 'my-connection',
    type: 'azurerm',
    url: 'https://management.azure.com/',
    authorization: {
      scheme: 'ServicePrincipal',
      parameters: { tenantid: 'tenant', serviceprincipalid: 'app', serviceprincipalkey: key },
    },
    data: { subscriptionId: 'sub' },
  };
  const step = azureCli({
    connectedServiceNameARM: 'my-connection',
    inlineScript:
      'az group list; echo "id $servicePrincipalId key $servicePrincipalKey"; echo "##vso[task.setvariable variable=JOB;isOutput=true;]done"',
    addSpnToEnvironment: 'true',
  });
  const bare = azureCli({ inlineScript: 'az ml; exit 3' });
  const job = jobOf([step, bare], { resources: { endpoints: [endpoint], repositories: [] }, prependPath: [tools] });
  const { event, server } = await runTestJob(job);
  const text = server.logOf(step.id);
  const login = text.findIndex((line) =>
    line.startsWith(
      'login --service-principal -u app --tenant tenant --allow-no-subscriptions --password [file:20] dir=.azclitask-',
    ),
  );
  const choose = text.findIndex((line) => line.startsWith('account set --subscription sub dir=.azclitask-'));
  const work = text.findIndex((line) => line.startsWith('group list dir=.azclitask-'));
  assert.ok(login >= 0 && login < choose && choose < work, text.join('\n'));
  assert.ok(text.includes('id app key ***'));
  assert.equal(event.outputs['azurecli.JOB']?.value, 'done');
  assert.ok(server.received.every((body) => !body.includes(key)));
  const second = server.logOf(bare.id).join('\n');
  assert.match(second, /##\[warning\]The input azureSubscription is not set/);
  assert.match(second, /ml dir=\.azure/);
  assert.match(second, /Script failed with exit code: 3/);
  assert.equal(event.result, 'failed');
});

test('an artifact that one step publishes another downloads', async () => {
  const publish = taskStep('ecdc45f6-832d-4ad9-b52b-ee49e94659be', 'PublishPipelineArtifact', '1.0.0', {
    path: '$(Build.ArtifactStagingDirectory)',
    artifactName: 'results',
  });
  const download = taskStep('61f2a582-95ae-4948-b34d-a1b3c4f6a737', 'DownloadPipelineArtifact', '2.0.0', {
    artifact: 'results',
    path: '$(Pipeline.Workspace)/got',
    patterns: '**\n!**/*.log',
  });
  const make = bashStep(
    'make',
    'mkdir -p $(Build.ArtifactStagingDirectory)/deep && cd $(Build.ArtifactStagingDirectory) && echo one > deep/one.txt && echo two > two.log && : > empty',
  );
  const look = bashStep('look', 'cd $(Pipeline.Workspace)/got && find . -type f | sort && cat deep/one.txt');
  const { event, server } = await runTestJob(jobOf([make, publish, download, look]));
  const text = server.logOf(look.id);
  assert.ok(server.artifacts.has('results/deep/one.txt'), server.logOf(publish.id).join('\n'));
  assert.equal(event.result, 'succeeded', server.logOf(download.id).join('\n'));
  for (const line of ['./deep/one.txt', './empty', 'one']) assert.ok(text.includes(line), line);
  assert.ok(!text.includes('./two.log'));
});
