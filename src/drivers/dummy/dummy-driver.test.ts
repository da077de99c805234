import { systemClock } from '../../kernel/clock.ts';
import { describeDriver } from '../conformance.ts';
import { createDummyDriver } from './dummy-driver.ts';

describeDriver('dummy', {
  create: () =>
    createDummyDriver({
      ...systemClock,
      after: (milliseconds, wake) => {
        // A timer that keeps the test's process alive, unlike the server's.
        const timer = setTimeout(wake, milliseconds);
        return () => clearTimeout(timer);
      },
    }),
  process: (work) => ({
    command: ['dummy'],
    env: {
      ...(work.output === undefined ? {} : { DUMMY_OUTPUT: work.output }),
      ...(work.runs === 'forever' ? { DUMMY_SLEEP_MS: 'forever' } : {}),
      DUMMY_EXIT_CODE: String(work.exitCode ?? 0),
    },
  }),
});
