import type { Command } from './command.ts';

/** Tasks of the public collection report their use by it. Nothing is sent anywhere. */
export const telemetryPublish: Command = {
  area: 'telemetry',
  event: 'publish',
  inRestrictedMode: true,
  run() {},
};
