import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { jobTokenOf, openTestAgent, planPath, startTestServer, type TestServer } from './stand-ins.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

test('clients find their way: connection data, areas, locations, in any case of the path', async () => {
  assert.equal((await server.call('GET', '/millrace/_apis/CONNECTIONDATA')).body.authenticatedUser.isActive, true);
  assert.deepEqual((await server.call('GET', '/millrace/_apis/ResourceAreas')).body, { count: 0, value: [] });
  const all = (await server.call('OPTIONS', '/millrace/_apis')).body.value;
  const ids = all.map((row: { id: string }) => row.id);
  for (const id of [
    'e81700f7-3be2-46de-8624-2eb35882fcaa',
    '0cd358e1-9217-4d94-8269-1c1ee6f93dcf',
    'dbeaf647-6167-421a-bda9-c9327b25e2e6',
  ])
    assert.ok(ids.includes(id), id);
  assert.equal(new Set(ids).size, ids.length);
  const build = (await server.call('OPTIONS', '/millrace/_apis/BUILD')).body.value;
  assert.ok(build.length > 0 && build.length < all.length);
});

test('editors get the language as a JSON schema, with the tasks that are here and the service’s others', async () => {
  assert.equal((await server.call('GET', '/millrace/_apis/distributedtask/yamlschema', undefined, '!')).status, 401);
  const schema = (await server.call('GET', '/millrace/_apis/distributedtask/yamlschema')).body;
  assert.equal(schema.$schema, 'http://json-schema.org/draft-07/schema#');
  const forms = schema.definitions.task.allOf[0].anyOf;
  const inputsOf = (reference: string) =>
    forms.find((form: { properties: { task: { default?: string } } }) => form.properties.task.default === reference)
      .properties.inputs.properties;
  assert.ok(schema.definitions.task.properties.task.anyOf[0].enum.includes('InvokeRESTAPI@1'));
  assert.ok(inputsOf('InvokeRESTAPI@1').urlSuffix);
  assert.equal(inputsOf('CopyFiles@2').TargetFolder.description, 'Needed.');
  assert.equal(inputsOf('CopyFiles@2').Contents.description, undefined);
});

test('errors have the service’s shape', async () => {
  const missing = await server.call('GET', '/millrace/nowhere/_apis/build/definitions');
  assert.equal(missing.status, 404);
  assert.equal(missing.body.typeKey, 'ProjectDoesNotExistWithNameException');
  assert.match(missing.body.message, /^TF200016: .*nowhere/);
  assert.equal((await server.call('GET', 'build/builds/77')).body.typeKey, 'BuildNotFoundException');
  assert.equal((await server.call('GET', 'build/builds', undefined, '!')).status, 401);
  const unbuilt = await server.call('POST', 'test/runs?api-version=7.1', {});
  assert.deepEqual(
    [unbuilt.status, unbuilt.body.typeKey, unbuilt.body.message],
    [501, 'NotImplementedException', 'not implemented: POST /millrace/default/_apis/test/runs'],
  );
  const nothing = await server.call('GET', '/favicon.ico');
  assert.deepEqual([nothing.status, nothing.body.typeKey], [404, 'VssResourceNotFoundException']);
});

test('a definition is made, run as the az client does, changed and deleted', async () => {
  const repository = join(server.folder, 'web');
  mkdirSync(repository);
  writeFileSync(join(repository, 'ci.yml'), 'steps:\n- bash: echo $(a)\n');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@test', ...args]);
  git('init', '-q', '-b', 'trunk');
  git('add', '.');
  git('commit', '-q', '-m', 'begin');
  const made = await server.call('POST', 'build/Definitions', {
    Name: 'ci',
    path: 'team/web',
    process: { type: 2, yamlFilename: 'ci.yml' },
    repository: { url: repository, type: 'Git' },
  });
  assert.equal(made.status, 200);
  assert.equal(made.body.path, '\\team\\web');
  assert.equal((await server.call('POST', 'build/definitions', { ...made.body, id: undefined })).status, 409);
  const found = await server.call('GET', 'build/definitions?name=C*');
  assert.deepEqual(
    found.body.value.map((one: { name: string }) => one.name),
    ['ci'],
  );
  const build = await server.call('POST', 'build/builds', {
    definition: { id: made.body.id },
    parameters: "{'a': 'it\\'s', 'b': '1'}",
  });
  assert.equal(build.status, 200, JSON.stringify(build.body));
  assert.equal(build.body.definition.id, made.body.id);
  assert.equal(build.body.sourceBranch, 'refs/heads/trunk');
  const agent = await openTestAgent(server);
  const job = await agent.take();
  assert.equal(job.variables['a']?.value, "it's");
  const changed = await server.call('PUT', `build/definitions/${made.body.id}`, { ...made.body, name: 'renamed' });
  assert.equal(changed.body.revision, 2);
  assert.equal((await server.call('PUT', `build/definitions/${made.body.id}`, made.body)).status, 409);
  assert.equal((await server.call('DELETE', `build/definitions/${made.body.id}`)).status, 204);
  assert.equal((await server.call('GET', `build/definitions/${made.body.id}`)).status, 404);
});

test('run numbers count per name, counters per prefix', async () => {
  const text = "name: r$(Rev:r)\nvariables:\n  n: $[ counter('x', 5) ]\nsteps:\n- bash: echo\n";
  const names: string[] = [];
  const counts: string[] = [];
  const agent = await openTestAgent(server);
  for (let index = 0; index < 3; index++) {
    names.push((await server.build(await server.queue(text))).buildNumber);
    const job = await agent.take();
    counts.push(job.variables['n']?.value ?? '');
    await agent.complete(job, 'succeeded');
  }
  assert.deepEqual(names, ['r1', 'r2', 'r3']);
  assert.deepEqual(counts, ['5', '6', '7']);
});

test('a run is renamed by what a run’s number may hold; anything else is refused in the service’s words', async () => {
  const id = await server.queue('steps:\n- bash: echo\n');
  const rename = (buildNumber: string) => server.call('PATCH', `build/builds/${id}`, { buildNumber });
  assert.equal((await rename(' 1.0.4-234 ')).body.buildNumber, '1.0.4-234');
  const refused = await rename('1.0.4-234"');
  assert.equal(refused.status, 400);
  assert.equal(refused.body.typeKey, 'BuildNumberFormatException');
  assert.match(refused.body.message, /^TF209010: The build number format 1\.0\.4-234" contains invalid character\(s\)/);
  assert.equal((await server.build(id)).buildNumber, '1.0.4-234');
});

test('a run knows when it was queued, in root and job variables and in conditions', async () => {
  const day = "format('{0:yyyyMMdd}', pipeline.startTime)";
  const condition = "gt(pipeline.startTime, '2020-01-01 00:00:00Z')";
  const text = `variables:\n  root: $[ ${day} ]\njobs:\n- job: a\n  condition: ${condition}\n  variables:\n    own: $[ ${day} ]\n  steps:\n  - bash: echo\n`;
  const id = await server.queue(text);
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const queued = (await server.build(id)).queueTime.slice(0, 10).replaceAll('-', '');
  assert.deepEqual([job.variables['root']?.value, job.variables['own']?.value], [queued, queued]);
  await agent.complete(job, 'succeeded');
});

test('the timeline is held until something changes or the run ends', async () => {
  const id = await server.queue('steps:\n- bash: echo\n');
  const agent = await openTestAgent(server);
  const { changeId } = (await server.call('GET', `build/builds/${id}/timeline`)).body;
  let answered = false;
  const held = server.call('GET', `build/builds/${id}/timeline?changeId=${changeId}&waitSeconds=20`).then((answer) => {
    answered = true;
    return answer.body;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(answered, false);
  const job = await agent.take();
  assert.ok((await held).changeId > changeId);
  await agent.complete(job, 'succeeded');
  const last = await server.call('GET', `build/builds/${id}/timeline?changeId=999999&waitSeconds=20`);
  assert.equal(last.status, 200);
});

test('a paced answer keeps changes together, and tells of the end of the run at once', async () => {
  const id = await server.queue('steps:\n- bash: echo\n');
  const agent = await openTestAgent(server);
  const held = server.call('GET', `build/builds/${id}/timeline?changeId=0&waitSeconds=60&paceMilliseconds=60000`);
  const first = await server.call('GET', `build/builds/${id}/timeline?changeId=0&waitSeconds=60&paceMilliseconds=1`);
  const job = await agent.take();
  await agent.complete(job, 'succeeded');
  const { changeId, records } = (await held).body;
  assert.ok(changeId > first.body.changeId);
  assert.ok(records.every((record: { state: string }) => record.state === 'completed'));
});

test('artifacts: files in, list and files out, names kept inside', async () => {
  const id = await server.queue('steps:\n- bash: echo\n');
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const token = jobTokenOf(job);
  const base = `/millrace/${job.plan.scopeIdentifier}/_apis/millrace/artifacts/${id}`;
  assert.equal((await server.call('PUT', `${base}/drop/a/b.txt`, 'content', token)).status, 201);
  const record = { name: 'drop', source: job.jobId, resource: { type: 'PipelineArtifact', data: 'drop' } };
  assert.equal((await server.call('POST', `build/builds/${id}/artifacts`, record, token)).body.name, 'drop');
  assert.deepEqual((await server.call('GET', `${base}/drop`, undefined, token)).body.value, [
    { path: 'a/b.txt', size: 7 },
  ]);
  assert.equal((await server.call('GET', `${base}/drop/a/b.txt`, undefined, token)).body, 'content');
  assert.equal((await server.call('GET', `build/builds/${id}/artifacts`)).body.count, 1);
  for (const path of ['..%2Fx', 'a/..%2F..%2Fx', '%2e%2e/x'])
    assert.notEqual((await server.call('PUT', `${base}/drop/${path}`, 'x', token)).status, 201, path);
  const attachments = `${planPath(job)}/timelines/${job.timeline.id}/records`;
  assert.equal((await server.call('PUT', `${attachments}/..%2f..%2fx/attachments/t/n`, 'x', token)).status, 400);
});

test('a task of a workload identity connection gets a token that names the connection', async () => {
  await server.call('POST', 'serviceendpoint/endpoints', {
    name: 'federated',
    type: 'azurerm',
    authorization: { scheme: 'WorkloadIdentityFederation', parameters: { tenantid: 't', serviceprincipalid: 's' } },
  });
  await server.queue(
    'steps:\n- task: AzureCLI@2\n  inputs:\n    azureSubscription: federated\n    scriptType: bash\n    inlineScript: az\n',
  );
  const agent = await openTestAgent(server);
  const job = await agent.take();
  const endpoint = job.resources.endpoints.find((one) => one.name === 'federated');
  assert.equal(job.steps.at(-1)?.inputs['connectedServiceNameARM'], endpoint?.id);
  assert.equal(job.steps.at(-1)?.displayName, 'Azure CLI');
  const answer = await server.call(
    'POST',
    `${planPath(job)}/jobs/${job.jobId}/oidctoken?serviceConnectionId=${endpoint?.id}`,
    {},
    jobTokenOf(job),
  );
  assert.equal(answer.body.oidcToken, 'oidc sc://millrace/default/federated');
});
