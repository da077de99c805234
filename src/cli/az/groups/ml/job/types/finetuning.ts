import { compact } from '../../entity.ts';
import { storedEntity } from '../entity-parts.ts';
import { checkFineTuning } from '../finetuning-definition.ts';
import { fineTuningEntity } from '../finetuning-entity.ts';
import { fineTuningJobProperties } from '../finetuning-job.ts';
import type { JobType } from './job-type.ts';

export const fineTuningJob: JobType = {
  type: 'finetuning',
  jobType: 'FineTuning',
  check(data, _folder, problems) {
    checkFineTuning(data, problems);
    return [];
  },
  toWire: (submission, { data, folder }) => fineTuningJobProperties(submission, data, folder),
  entity: (common, properties) => compact({ ...storedEntity(common, properties), ...fineTuningEntity(properties) }),
};
