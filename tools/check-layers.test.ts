import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circleIn, faultOf } from './check-layers.ts';

test('the table forbids what a row does not list', () => {
  assert.equal(faultOf({ from: 'src/devops/index.ts', to: 'src/language/index.ts' }), undefined);
  assert.equal(
    faultOf({ from: 'src/devops/index.ts', to: 'src/ml/index.ts' }),
    'src/devops may not import src/ml/index.ts',
  );
  assert.equal(faultOf({ from: 'src/agent/job.ts', to: 'src/language/expressions/index.ts' }), undefined);
  assert.match(faultOf({ from: 'src/agent/job.ts', to: 'src/language/3-plan/plan.ts' }) ?? '', /may not import/);
  assert.match(faultOf({ from: 'tasks/BashV3/index.ts', to: 'src/contracts/agent.ts' }) ?? '', /may not import/);
});

test('plug-ins know their engine and not each other, and the engine knows none of them', () => {
  assert.match(
    faultOf({ from: 'src/devops/api/builds/list.ts', to: 'src/devops/api/projects/list.ts' }) ?? '',
    /sibling/,
  );
  assert.equal(faultOf({ from: 'src/devops/api/builds/list.ts', to: 'src/devops/runs/engine.ts' }), undefined);
  assert.match(
    faultOf({ from: 'src/devops/runs/engine.ts', to: 'src/devops/api/builds/list.ts' }) ?? '',
    /main hands it the registry/,
  );
  assert.equal(faultOf({ from: 'src/devops/api/index.ts', to: 'src/devops/api/builds/list.ts' }), undefined);
});

test('a circle is found and named', () => {
  assert.deepEqual(
    circleIn(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    ['b', 'c', 'b'],
  );
  assert.equal(
    circleIn(
      new Map([
        ['a', ['b', 'c']],
        ['b', ['c']],
        ['c', []],
      ]),
    ),
    undefined,
  );
});
