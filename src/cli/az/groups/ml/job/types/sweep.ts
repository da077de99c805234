import { compact, wireOf } from '../../entity.ts';
import { any, checkShape } from '../../load/shape.ts';
import { prefixedId } from '../../references.ts';
import {
  inputEntity,
  linksWithoutTypes,
  mapValues,
  outputEntity,
  queueEntity,
  resourcesEntity,
  textOf,
  workEntity,
} from '../entity-parts.ts';
import { ANY_JOB } from '../keys.ts';
import { checkSweepJob, SWEEP } from '../sweep-definition.ts';
import { sweepRulesEntity } from '../sweep-entity.ts';
import { sweepJobProperties } from '../sweep-job.ts';
import type { JobType } from './job-type.ts';

export const sweepJob: JobType = {
  type: 'sweep',
  jobType: 'Sweep',
  check(data, folder, problems) {
    checkShape(data, { ...ANY_JOB, ...SWEEP, 'trial!': any }, '', problems);
    checkSweepJob(data, folder, problems);
    return [];
  },
  toWire: (submission, { data, folder }) => sweepJobProperties(submission, data, folder),
  entity(common, properties) {
    const trial = wireOf(properties['trial']) ?? {};
    // Unlike a command job's, a trial's environment keeps its whole id, and the job's own links name no type (recorded).
    const environment = textOf(trial['environmentId']);
    return compact({
      ...common,
      services: linksWithoutTypes(common['services']),
      trial: compact({ ...workEntity(trial), environment: environment && prefixedId(environment) }),
      ...sweepRulesEntity(properties),
      resources: resourcesEntity(properties['resources']),
      queue_settings: queueEntity(properties['queueSettings']),
      inputs: mapValues(properties['inputs'], inputEntity),
      outputs: mapValues(properties['outputs'], outputEntity),
    });
  },
};
