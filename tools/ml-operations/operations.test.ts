// Holds the operations of Azure Machine Learning against their public specification: each that is built answers a valid request with a valid
// answer, each that isn't says so by its name. Generated from the table: an operation is tested as soon as its state says that it is there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { OPERATION_STATUS } from '../../src/ml/arm/operation-status.ts';
import { OPERATIONS, OPERATIONS_VERSION, type OperationId } from '../../src/ml/arm/operations.gen.ts';
import { operationTable } from '../generate-ml-operations.ts';
import { CASES, PARAMETERS } from './cases.ts';
import { openScene, type Scene } from './scene.ts';
import { readSpecification, type SpecOperation } from './swagger-schemas.ts';

/** The files of the public specification: what MILLRACE_ML_SPECIFICATION names, else a folder beside the checkout. */
const folder = process.env['MILLRACE_ML_SPECIFICATION'] ?? join(import.meta.dirname, '../../../shared/specs/azure-ml');
const skip = existsSync(join(folder, 'mfe.json'))
  ? false
  : 'the public specification is not here: set MILLRACE_ML_SPECIFICATION to the folder of its files';

const stateOf = (id: OperationId) => {
  const entry = OPERATION_STATUS[id];
  return typeof entry === 'string' ? entry : entry[0];
};
const VERBS = ['PUT', 'GET', 'PATCH', 'POST', 'DELETE'];
/** What others need comes first and goes last. */
const ORDER = [
  'workspaces',
  'registries',
  'computes',
  'datastores',
  'codes',
  'environments',
  'data',
  'models',
  'components',
  'jobs',
  'schedules',
];

/** The curated environments are there without a request that made them: in workspaces, and in the registry that discovery says is here. */
const CURATED: readonly { prefix: string; name: string; place: Readonly<Record<string, string>> }[] = [
  {
    prefix: 'Registry',
    name: 'sklearn-1.5',
    place: {
      subscriptionId: '00000000-0000-0000-0000-000000000000',
      resourceGroupName: 'azureml',
      registryName: 'azureml',
    },
  },
  { prefix: '', name: 'AzureML-sklearn-1.5', place: { workspaceName: 'curated' } },
];
const READS = [
  'EnvironmentContainers_Get',
  'EnvironmentContainers_List',
  'EnvironmentVersions_Get',
  'EnvironmentVersions_List',
];

/** Makes before it reads, reads before it removes, a whole before its parts and the other way round at the end. */
function inOrder(operations: readonly (typeof OPERATIONS)[number][]) {
  const rank = ({ method, path }: (typeof OPERATIONS)[number]) => {
    const words = path.split('/').filter((part) => !part.startsWith('{'));
    const kind = ORDER.indexOf(words.findLast((word) => ORDER.includes(word)) ?? '');
    const depth = path.split('/').length * 100 + (kind < 0 ? 99 : kind);
    return [VERBS.indexOf(method), method === 'DELETE' ? -depth : depth] as const;
  };
  return [...operations].sort((left, right) => {
    const [a, b] = [rank(left), rank(right)];
    return a[0] - b[0] || a[1] - b[1];
  });
}

describe('operations of Azure Machine Learning', () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene();
    const group = `/subscriptions/${PARAMETERS['subscriptionId']}/resourceGroups/${PARAMETERS['resourceGroupName']}`;
    assert.equal((await scene.send('PUT', group, { location: PARAMETERS['location'] })).status, 201);
  });
  after(() => scene.close());

  const urlOf = (
    path: string,
    given: Readonly<Record<string, string>> = {},
    query: Readonly<Record<string, string>> = {},
  ) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? PARAMETERS[name] ?? 'one');
    return `${filled}?${new URLSearchParams({ ...query, 'api-version': OPERATIONS_VERSION })}`;
  };

  test('what is not built says so by its name', async () => {
    for (const { id, method, path } of OPERATIONS.filter((one) => stateOf(one.id) === 'not implemented')) {
      const answer = await scene.send(method, urlOf(path), method === 'GET' || method === 'DELETE' ? undefined : {});
      const { error } = (answer.body ?? {}) as { error?: { code: string; message: string } };
      assert.deepEqual([answer.status, error?.code, error?.message], [501, 'NotImplemented', `not implemented: ${id}`]);
    }
  });

  describe('against the specification', { skip }, () => {
    const specification = skip ? new Map<string, SpecOperation>() : readSpecification(folder);

    test('the table is what the specification says', () => {
      assert.equal(
        readFileSync(join(import.meta.dirname, '../../src/ml/arm/operations.gen.ts'), 'utf8'),
        operationTable(folder),
        'run node tools/generate-ml-operations.ts FOLDER',
      );
    });

    for (const { prefix, name, place } of CURATED)
      test(`curated environments: ${prefix || 'Workspace'}`, async () => {
        const workspace = OPERATIONS.find(({ id }) => id === 'Workspaces_CreateOrUpdate') ?? assert.fail();
        const made = await scene.send('PUT', urlOf(workspace.path, { workspaceName: 'curated' }), {
          location: 'eastus',
        });
        assert.ok(made.status < 300, made.text);
        for (const operation of READS) {
          const { id, path } = OPERATIONS.find((one) => one.id === `${prefix}${operation}`) ?? assert.fail(operation);
          const answer = await scene.send('GET', urlOf(path, { ...place, name, environmentName: name }));
          const check = specification.get(id)?.responses.get(200);
          assert.equal(answer.status, 200, answer.text);
          assert.ok(check?.(answer.body), `${id}: ${faultsOf(check?.errors)}\n${answer.text.slice(0, 3000)}`);
          assert.match(answer.text, new RegExp(`/environments/${name}[/"]`));
        }
      });

    for (const { id, method, path } of inOrder(OPERATIONS.filter((one) => stateOf(one.id) !== 'not implemented')))
      test(id, async () => {
        const spec = specification.get(id);
        assert.ok(spec);
        const given = CASES[id] ?? {};
        await given.before?.(scene);
        for (const parameter of spec.parameters) {
          const value =
            parameter.in === 'body'
              ? given.body
              : parameter.in === 'path'
                ? (given.parameters?.[parameter.name] ?? PARAMETERS[parameter.name] ?? 'one')
                : parameter.name === 'api-version'
                  ? OPERATIONS_VERSION
                  : given.query?.[parameter.name];
          if (value === undefined) {
            assert.ok(!parameter.required, `${id} needs a case with its ${parameter.in} '${parameter.name}'`);
            continue;
          }
          // Numbers and flags of a query are written as text.
          const typed =
            parameter.in === 'query' && /^(true|false|\d+)$/.test(String(value)) ? JSON.parse(String(value)) : value;
          assert.ok(parameter.check(typed), `the request's ${parameter.name}: ${faultsOf(parameter.check.errors)}`);
        }
        const answer = await scene.send(method, urlOf(path, given.parameters, given.query), given.body);
        assert.ok(spec.responses.has(answer.status), `answered ${answer.status}: ${answer.text.slice(0, 500)}`);
        const check = spec.responses.get(answer.status);
        if (check) assert.ok(check(answer.body), `${faultsOf(check.errors)}\n${answer.text.slice(0, 3000)}`);
        else assert.equal(answer.text, '', 'the specification has no body here');
        if (answer.status === 202)
          assert.ok(answer.headers['location'] ?? answer.headers['azure-asyncoperation'], '202 says where to look');
        given.also?.(answer);
        const last = /\{(\w+)\}$/.exec(path)?.[1];
        if (method === 'GET' && last !== undefined) {
          const nobody = await scene.send(method, urlOf(path, { ...given.parameters, [last]: '404404' }, given.query));
          assert.equal(nobody.status, 404, `what isn't there: ${nobody.text.slice(0, 300)}`);
          assert.ok(spec.failure?.(nobody.body), `${faultsOf(spec.failure?.errors)}\n${nobody.text.slice(0, 1000)}`);
          const { code, message } = (nobody.body as { error: { code?: string; message?: string } }).error;
          assert.ok(code && message, `a failure without code or message: ${nobody.text.slice(0, 300)}`);
        }
      });
  });
});

function faultsOf(errors: SpecOperation['parameters'][number]['check']['errors']): string {
  const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 100);
  return (errors ?? [])
    .filter(({ keyword }) => keyword !== 'if' && keyword !== 'anyOf')
    .map(
      ({ instancePath, message, params, data }) =>
        `${instancePath || '/'} ${message} ${JSON.stringify(params)} in ${shown(data)}`,
    )
    .join('\n');
}
