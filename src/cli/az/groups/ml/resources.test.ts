import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type FakeAzure, loggedIn, startFakeAzure, WORKSPACE } from '../../testing/fake-azure.ts';

const SCOPE = ['-g', 'rg', '-w', 'ws'];

describe('az ml: schedules, computes, workspaces, datastores, registries', () => {
  let fake: FakeAzure;
  let folder: string;
  before(async () => {
    fake = await startFakeAzure();
    folder = await mkdtemp(join(tmpdir(), 'millrace-az-ml-'));
  });
  after(async () => {
    await fake.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    fake.handlers = [];
    fake.resources.clear();
    await loggedIn(fake);
  });
  const az = (...words: string[]) => fake.az(['ml', ...words], { cwd: folder });
  const sent = (method: string) => fake.requests.findLast((request) => request.method === method);
  const bodyOf = (method: string) => sent(method)?.body as { properties: Record<string, unknown> };
  const json = (result: { code: number; out: string; err: string }): Record<string, unknown> => {
    assert.equal(result.code, 0, result.err);
    return JSON.parse(result.out) as Record<string, unknown>;
  };

  test('a schedule is made of a job’s file, changed, switched off and fired once', async () => {
    await writeFile(
      join(folder, 'job.yml'),
      'type: pipeline\nexperiment_name: exp\njobs:\n  one:\n    type: command\n    command: echo hi\n    environment: azureml:e:1\n    compute: azureml:cpu\n',
    );
    await writeFile(
      join(folder, 'schedule.yml'),
      'name: nightly\ntrigger:\n  type: recurrence\n  frequency: week\n  interval: 1\n  schedule: {hours: 4, minutes: [0, 30], week_days: [monday]}\n  start_time: "2026-12-01T10:00:00"\ncreate_job: ./job.yml\n',
    );
    const created = json(await az('schedule', 'create', '-f', 'schedule.yml', ...SCOPE));
    const { properties } = bodyOf('PUT');
    assert.deepEqual(properties['trigger'], {
      triggerType: 'Recurrence',
      frequency: 'Week',
      interval: 1,
      schedule: { hours: [4], minutes: [0, 30], weekDays: ['Monday'] },
      startTime: '2026-12-01T10:00:00',
      timeZone: 'UTC',
    });
    const action = properties['action'] as { actionType: string; jobDefinition: Record<string, unknown> };
    assert.equal(action.actionType, 'CreateJob');
    assert.equal(action.jobDefinition['jobType'], 'Pipeline');
    assert.equal(action.jobDefinition['experimentName'], 'exp');
    assert.deepEqual((created['trigger'] as Record<string, unknown>)['schedule'], {
      hours: [4],
      minutes: [0, 30],
      week_days: ['monday'],
    });
    assert.equal((created['create_job'] as Record<string, unknown>)['type'], 'pipeline');
    assert.equal(json(await az('schedule', 'disable', '-n', 'nightly', ...SCOPE))['is_enabled'], false);
    const changed = await az(
      'schedule',
      'update',
      '-n',
      'nightly',
      '--set',
      'trigger.interval=2',
      'tags.a=b',
      ...SCOPE,
    );
    assert.deepEqual(json(changed)['tags'], { a: 'b' });
    assert.equal((bodyOf('PUT').properties['trigger'] as Record<string, unknown>)['interval'], 2);
    const refused = await az('schedule', 'update', '-n', 'nightly', '--set', 'create_job.compute=x', ...SCOPE);
    assert.match(refused.err, /create_job: of a schedule .* can change/);
    fake.handlers = [
      ({ method, path }) =>
        method === 'POST' && path.endsWith('/schedules/nightly/trigger')
          ? { status: 200, body: { scheduleActionType: 'CreateJob', submissionId: 'job-1' } }
          : undefined,
    ];
    assert.deepEqual(json(await az('schedule', 'trigger', '-n', 'nightly', ...SCOPE)), {
      job_name: 'job-1',
      schedule_action_type: 'CreateJob',
    });
  });

  test('a job of the workspace is scheduled by its name; what is wrong with a schedule is said at once', async () => {
    await writeFile(
      join(folder, 'remote.yml'),
      'name: s\ntrigger: {type: cron, expression: "0 3 * * *"}\ncreate_job: azureml:j1\n',
    );
    json(await az('schedule', 'create', '-f', 'remote.yml', ...SCOPE));
    const { jobDefinition } = bodyOf('PUT').properties['action'] as { jobDefinition: Record<string, unknown> };
    assert.equal(jobDefinition['sourceJobId'], `${WORKSPACE}/jobs/j1`);
    await writeFile(
      join(folder, 'wrong.yml'),
      'name: s\ntrigger:\n  type: cron\n  intervall: 3\n  end_time: [1]\ncreate_jobs: azureml:j1\n',
    );
    const { code, err } = await az('schedule', 'create', '-f', 'wrong.yml', ...SCOPE);
    assert.equal(code, 1);
    assert.match(err, /wrong\.yml:6:1: create_jobs: Unknown field\. Did you mean 'create_job'/);
    assert.match(err, /wrong\.yml:4:3: trigger\.intervall: Unknown field/);
    assert.match(err, /wrong\.yml:5:3: trigger\.end_time: Not a valid string/);
  });

  test('a compute instance from a file, with what its YAML may hold', async () => {
    await writeFile(
      join(folder, 'instance.yml'),
      'name: box\ntype: computeinstance\nidle_time_before_shutdown_minutes: 30\nschedules:\n  compute_start_stop:\n    - {action: stop, trigger: {type: cron, expression: "0 18 * * *"}}\nsetup_scripts: {startup_script: {path: a.sh, timeout_minutes: 3}}\nssh_public_access_enabled: true\nssh_settings: {ssh_key_value: ssh-rsa A}\n',
    );
    json(await az('compute', 'create', '-f', 'instance.yml', ...SCOPE));
    const { properties } = bodyOf('PUT');
    assert.equal(properties['computeType'], 'ComputeInstance');
    assert.equal(properties['disableLocalAuth'], false);
    const inner = properties['properties'] as Record<string, unknown>;
    assert.equal(inner['idleTimeBeforeShutdown'], 'PT30M');
    assert.deepEqual(inner['sshSettings'], { sshPublicAccess: 'Enabled', adminPublicKey: 'ssh-rsa A' });
    assert.deepEqual(inner['setupScripts'], {
      scripts: { startupScript: { scriptSource: 'workspaceStorage', scriptData: 'a.sh', timeout: '3m' } },
    });
    assert.deepEqual(inner['schedules'], {
      computeStartStop: [
        {
          action: 'Stop',
          status: 'Enabled',
          triggerType: 'Cron',
          cron: { triggerType: undefined, expression: '0 18 * * *', timeZone: 'UTC' },
        },
      ].map(({ cron: { triggerType: _none, ...cron }, ...rest }) => ({ ...rest, cron })),
    });
  });

  test('a compute is attached, detached, started; an unknown type names those that there are', async () => {
    const id = '/subscriptions/x/k8s';
    json(
      await az('compute', 'attach', '-n', 'k', '-t', 'Kubernetes', '--resource-id', id, '--namespace', 'n', ...SCOPE),
    );
    assert.equal(bodyOf('PUT').properties['resourceId'], id);
    assert.deepEqual(bodyOf('PUT').properties['properties'], { namespace: 'n' });
    const unknown = await az('compute', 'create', '-n', 'k', '-t', 'cluster', ...SCOPE);
    assert.match(unknown.err, /type: Value passed is not in set: expected one of amlcompute, computeinstance/);
    fake.handlers = [
      ({ method, path }) => (path.includes('/computes/') && method !== 'PUT' ? { status: 202 } : undefined),
    ];
    assert.equal((await az('compute', 'start', '-n', 'k', ...SCOPE)).code, 0);
    assert.match(sent('POST')?.path ?? '', /\/computes\/k\/start$/);
    assert.equal((await az('compute', 'detach', '-n', 'k', '--yes', ...SCOPE)).code, 0);
    assert.equal(sent('DELETE')?.query.get('underlyingResourceAction'), 'Detach');
  });

  test('a cluster’s update keeps what it had', async () => {
    json(await az('compute', 'update', '-n', 'cpu', '--max-instances', '7', '--tags', 'a=b', ...SCOPE));
    const body = sent('PUT')?.body as { tags: unknown; properties: { properties: Record<string, unknown> } };
    assert.deepEqual(body.tags, { a: 'b' });
    assert.equal(body.properties.properties['vmSize'], 'STANDARD_DS3_V2');
    assert.deepEqual(body.properties.properties['scaleSettings'], {
      minNodeCount: 0,
      maxNodeCount: 7,
      nodeIdleTimeBeforeScaleDown: 'PT2M',
    });
  });

  test('sizes and usages of the workspace’s location', async () => {
    fake.handlers = [
      ({ path }) => {
        if (path.endsWith('/locations/eastus/vmSizes'))
          return { status: 200, body: { value: [{ name: 'S1', vCPUs: 2, supportedComputeTypes: ['AmlCompute'] }] } };
        if (path.endsWith('/locations/eastus/usages'))
          return { status: 200, body: { value: [{ unit: 'Count', currentValue: 1, limit: 9, name: { value: 'n' } }] } };
        return undefined;
      },
    ];
    const sizes: unknown = json(await az('compute', 'list-sizes', ...SCOPE));
    assert.deepEqual(sizes, [{ name: 'S1', v_cp_us: 2, supported_compute_types: "['AmlCompute']" }]);
    const usages: unknown = json(await az('compute', 'list-usage', ...SCOPE));
    assert.deepEqual(usages, [{ unit: 'Count', current_value: 1, limit: 9, name: { value: 'n' } }]);
  });

  test('a workspace’s update sends what changed alone; its registry only with consent', async () => {
    fake.handlers = [
      ({ method }) =>
        method === 'PATCH'
          ? { status: 200, body: { id: WORKSPACE, name: 'ws', location: 'eastus', properties: {} } }
          : undefined,
    ];
    const scope = ['-g', 'rg', '-n', 'ws'];
    const acls = ['--network-acls', '10.0.0.1,10.0.0.0/24'];
    json(await az('workspace', 'update', '--display-name', 'New', ...acls, ...scope));
    assert.deepEqual(bodyOf('PATCH').properties, {
      friendlyName: 'New',
      networkAcls: { defaultAction: 'Deny', ipRules: [{ value: '10.0.0.1' }, { value: '10.0.0.0/24' }] },
    });
    const registry = ['workspace', 'update', '-c', '/subscriptions/x/acr', ...scope];
    assert.match((await az(...registry)).err, /Pass --update-dependent-resources\/-u to confirm/);
    json(await az(...registry, '-u'));
    assert.deepEqual(bodyOf('PATCH').properties, { containerRegistry: '/subscriptions/x/acr' });
  });

  test('an outbound rule takes what its type needs, and nothing else', async () => {
    const rule = ['workspace', 'outbound-rule', 'set', '--rule', 'r', ...SCOPE, '--type'];
    const made = json(
      await az(...rule, 'service_tag', '--service-tag', 'T', '--protocol', 'TCP', '--port-ranges', '80'),
    );
    assert.deepEqual(made['destination'], { service_tag: 'T', protocol: 'TCP', port_ranges: '80' });
    assert.match((await az(...rule, 'fqdn', '--protocol', 'TCP')).err, /type fqdn takes --destination/);
  });

  test('a datastore’s file is judged by its type; an update keeps its secret', async () => {
    await writeFile(join(folder, 'store.yml'), 'name: s\ntype: azure_file\naccount_name: a\ncontainer_name: c\n');
    const wrong = await az('datastore', 'create', '-f', 'store.yml', ...SCOPE);
    assert.match(wrong.err, /store\.yml:4:1: container_name: Unknown field/);
    assert.match(wrong.err, /file_share_name: Missing data for required field/);
    json(await az('datastore', 'update', '-n', 'workspaceblobstore', '--set', 'description=ours', ...SCOPE));
    assert.deepEqual(bodyOf('PUT').properties['credentials'], {
      credentialsType: 'AccountKey',
      secrets: { secretsType: 'Sas', sasToken: 'sv=2021&sig=abc' },
    });
    assert.equal(bodyOf('PUT').properties['description'], 'ours');
  });

  test('a registry is put with its regions, and shown with them', async () => {
    await writeFile(
      join(folder, 'registry.yml'),
      'name: reg\nlocation: eastus\nreplication_locations:\n  - location: eastus\n    storage_config: {storage_account_type: standard_ragrs}\n  - location: westus\n',
    );
    fake.handlers = [
      ({ method, path, body }) =>
        method === 'PUT' ? { status: 200, body: { id: path, name: 'reg', ...(body as object) } } : undefined,
    ];
    // What create prints is not what show prints, in the public client neither.
    const made = json(await az('registry', 'create', '-f', 'registry.yml', '-g', 'rg'));
    const storage = { armResourceId: null, replicatedIds: null, replicationCount: 1, storageAccountHns: false };
    const acrConfig = [{ acrAccountSku: 'Premium', armResourceId: null }];
    assert.deepEqual(made['replicationLocations'], [
      { acrConfig, location: 'eastus', storageConfig: { ...storage, storageAccountType: 'standard_ragrs' } },
      { acrConfig, location: 'westus', storageConfig: { ...storage, storageAccountType: 'standard_lrs' } },
    ]);
    const put = bodyOf('PUT');
    fake.handlers = [
      ({ method, path }) => (method === 'GET' ? { status: 200, body: { id: path, name: 'reg', ...put } } : undefined),
    ];
    const shown = json(await az('registry', 'show', '-n', 'reg', '-g', 'rg'));
    assert.deepEqual(shown['replication_locations'], [
      {
        location: 'eastus',
        storage_config: {
          storage_account_hns: false,
          storage_account_type: 'standard_ragrs',
          replication_count: 1,
        },
      },
      {
        location: 'westus',
        storage_config: { storage_account_hns: false, storage_account_type: 'standard_lrs', replication_count: 1 },
      },
    ]);
    assert.deepEqual(shown['container_registry'], { acr_account_sku: 'premium' });
  });

  test('an asset’s update changes what may change, and refuses the rest', async () => {
    json(await az('model', 'create', '-n', 'm', '-v', '1', '-p', 'azureml://datastores/d/paths/x', ...SCOPE));
    const update = ['model', 'update', '-n', 'm', '-v', '1', ...SCOPE];
    const changed = json(await az(...update, '--set', 'tags.n=1', 'description=tried', '--stage', 'Production'));
    assert.deepEqual([changed['tags'], changed['description'], changed['stage']], [{ n: '1' }, 'tried', 'Production']);
    assert.match((await az(...update, '--set', 'path=elsewhere')).err, /path: of a model's version description, tags/);
    assert.equal((await az('model', 'archive', '-n', 'm', '-v', '1', '-l', 'latest', ...SCOPE)).code, 1);
  });

  test('the services of a job’s node', async () => {
    fake.handlers = [
      ({ path }) =>
        path.endsWith('/runs/j/serviceinstances/1')
          ? { status: 200, body: { instances: { ssh: { type: 'SSH', endpoint: 'wss://x/<nodeIndex>' } } } }
          : undefined,
    ];
    assert.deepEqual(json(await az('job', 'show-services', '-n', 'j', '-i', '1', ...SCOPE)), {
      ssh: { type: 'SSH', endpoint: 'wss://x/1' },
    });
  });
});
