import { test } from 'node:test';
import { simulate } from './schedule.ts';

test('drawn pipelines under drawn schedules, with crashes between any two writes, end as their definition says', async () => {
  for (let seed = 1; seed <= 300; seed += 1)
    await simulate(seed).catch((error: Error) => {
      throw new Error(`the schedule of the seed ${seed} breaks: ${error.message}`);
    });
});
