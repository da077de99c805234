import assert from 'node:assert/strict';
import { after } from 'node:test';
import { WS } from '../../arm-scene.ts';
import { type JobScene, openJobScene } from '../../job-scene.ts';

const scenes: JobScene[] = [];
after(async () => {
  for (const scene of scenes) await scene.close();
});

const ENVIRONMENT = 'azureml:AzureML-sklearn-1.5@latest';
export const ref = (name: string) => `${WS}/components/${name}/versions/1`;
export const literal = (value: string) => ({ job_input_type: 'literal', value });
export const out = (node: string, output: string) => `\${{parent.jobs.${node}.outputs.${output}}}`;
type Env = Record<string, string>;
/** A node of a component; `env` steers the dummy driver. */
export const node = (component: string, inputs: Record<string, string> = {}, env: Env = {}, more: object = {}) => ({
  type: 'command',
  componentId: ref(component),
  inputs: Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, literal(value)])),
  environment_variables: env,
  ...more,
});
export const forever: Env = { DUMMY_SLEEP_MS: 'forever' };
export const fails: Env = { DUMMY_EXIT_CODE: '1' };
export const pipeline = (jobs: object, settings: object = {}, more: object = {}) => ({
  jobType: 'Pipeline',
  settings: { default_compute: 'cpu-cluster', ...settings },
  jobs,
  ...more,
});

type Shown = Record<string, unknown> & {
  status: string;
  displayName: string;
  inputs: Record<string, { value?: string; uri?: string }>;
  outputs: Record<string, { value?: string; uri?: string }>;
  properties: Record<string, string>;
};

/** Jobs on the dummy driver, with components to make pipelines of; closed at the end of the test file. */
export async function openPipelineScene() {
  const s = await openJobScene();
  scenes.push(s);
  const component = (name: string, inputs: object, outputs: object, more: object = {}) =>
    s.put(`components/${name}/versions/1`, {
      componentSpec: {
        name,
        version: '1',
        type: 'command',
        command: 'true',
        environment: ENVIRONMENT,
        inputs,
        outputs,
        ...more,
      },
    });
  await component('make', { word: { type: 'string', optional: true } }, { data: { type: 'uri_folder' } });
  await component('use', { data: { type: 'uri_folder', mode: 'direct' } }, { data: { type: 'uri_folder' } });
  await component('test', { word: { type: 'string', optional: true } }, { ok: { type: 'boolean', is_control: true } });
  await component(
    'count',
    { n: { type: 'integer', default: 0 } },
    { next: { type: 'integer' }, again: { type: 'boolean' } },
  );
  await component('read', { n: { type: 'string', optional: true } }, {});
  return {
    ...s,
    component,
    /** The runs below a run by display name. */
    async nodes(name: string): Promise<Record<string, Shown & { id: string }>> {
      const ids = Object.keys(await s.children(name));
      const jobs = await Promise.all(ids.map(async (id) => ({ id, ...((await s.job(id)) as Shown) })));
      return Object.fromEntries(jobs.map((job) => [job.displayName, job]));
    },
    async statuses(name: string): Promise<Record<string, string>> {
      const ids = Object.keys(await s.children(name));
      const jobs = await Promise.all(ids.map((id) => s.job(id)));
      return Object.fromEntries(jobs.map((job) => [job['displayName'], job.status]));
    },
    async refused(body: object): Promise<{ status: number; message: string; codes: string }> {
      const answer = await s.send('PUT', 'jobs/refused', { properties: body });
      assert.equal((await s.send('GET', 'jobs/refused')).status, 404, 'something was kept');
      return { status: answer.status, message: answer.body.error?.message, codes: JSON.stringify(answer.body.error) };
    },
  };
}
