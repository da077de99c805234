import { checkCommand } from '../../component/interface.ts';
import { compact, wireOf } from '../../entity.ts';
import { checkShape } from '../../load/shape.ts';
import { commandJobProperties } from '../command-job.ts';
import { durationSeconds } from '../duration.ts';
import { inputEntity, mapValues, outputEntity, queueEntity, workEntity } from '../entity-parts.ts';
import { COMMAND_JOB } from '../keys.ts';
import type { JobType } from './job-type.ts';

export const commandJob: JobType = {
  type: 'command',
  jobType: 'Command',
  check(data, folder, problems) {
    checkShape(data, COMMAND_JOB, '', problems);
    checkCommand(data, folder, '', problems);
    return [];
  },
  toWire: (submission, { data, folder }) => commandJobProperties(submission, data, folder),
  entity(common, properties) {
    const timeout = durationSeconds(String(wireOf(properties['limits'])?.['timeout'] ?? ''));
    return compact({
      ...common,
      ...workEntity(properties),
      queue_settings: queueEntity(properties['queueSettings']),
      limits: timeout === undefined ? undefined : { timeout },
      parameters: properties['parameters'] ?? {},
      inputs: mapValues(properties['inputs'], inputEntity),
      outputs: mapValues(properties['outputs'], outputEntity),
    });
  },
};
