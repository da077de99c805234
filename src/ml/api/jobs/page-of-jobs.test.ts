import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type JobScene, openJobScene } from '../../job-scene.ts';

let scene: JobScene | undefined;
after(() => scene?.close());

test('pages of jobs, newest first, show each job once while others are submitted; a filter fills its pages too', async () => {
  scene = await openJobScene();
  const s = scene;
  const submit = (name: string, tags: Record<string, string> = {}) =>
    s.put(`jobs/${name}`, {
      jobType: 'Command',
      command: 'true',
      environmentId: 'azureml:AzureML-sklearn-1.5@latest',
      computeId: 'cpu-cluster',
      tags,
    });
  const names = Array.from({ length: 60 }, (_, index) => `job-${index}`);
  for (const [index, name] of names.entries()) await submit(name, index % 20 === 0 ? { rare: '' } : {});
  const pages = async (query: string): Promise<string[][]> => {
    const found: string[][] = [];
    for (let path: string | undefined = `jobs?${query}`; path; ) {
      const { body } = await s.send('GET', path);
      found.push(body.value.map((job: { name: string }) => job.name));
      path = body.nextLink === undefined ? undefined : `jobs${new URL(body.nextLink).search}`;
      if (found.length === 1) await submit(`late-${query}`.replace(/\W/g, '-'));
    }
    return found;
  };
  const all = await pages('count=25');
  assert.deepEqual(
    all.map((page) => page.length),
    [25, 25, 10],
  );
  assert.deepEqual(all.flat(), names.toReversed());
  assert.deepEqual(await pages('count=2&tag=rare'), [['job-40', 'job-20'], ['job-0']]);
  assert.deepEqual(await pages('$top=3&tag=rare'), [['job-40', 'job-20', 'job-0']]);
  const bad = await s.send('GET', 'jobs?$skip=last');
  assert.equal(bad.status, 400);
  assert.match(bad.body.error.message, /'last' is not where a page of jobs begins/);
});
