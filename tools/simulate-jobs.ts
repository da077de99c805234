// `npm run simulate -- [SCHEDULES] [SEED]`: the engine of machine learning jobs under schedules drawn from seeds, with crashes between any two
// writes. No job may be lost, none run to completion twice, no binding be wrong. Ends with 1 at the first schedule that breaks this, and tells its seed.
import { simulate } from './job-simulation/schedule.ts';

const [count = 100_000, first = 1] = process.argv.slice(2).map(Number);
const began = performance.now();
const totals = { runs: 0, steps: 0, crashes: 0 };
for (let seed = first; seed < first + count; seed += 1) {
  try {
    const { runs, steps, crashes } = await simulate(seed);
    totals.runs += runs;
    totals.steps += steps;
    totals.crashes += crashes;
  } catch (error) {
    console.error(
      `The schedule of the seed ${seed} breaks (npm run simulate -- 1 ${seed}):\n${(error as Error).message}`,
    );
    if (count === 1) console.error((error as Error).stack);
    process.exit(1);
  }
}
const seconds = (performance.now() - began) / 1000;
console.log(
  `${count} schedules from seed ${first}: ${totals.runs} runs, ${totals.steps} steps, ${totals.crashes} crashes, in ${seconds.toFixed(1)} s. Nothing lost, nothing twice, no binding wrong.`,
);
