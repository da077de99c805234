import { compact } from '../../entity.ts';
import { checkAutoml } from '../automl-definition.ts';
import { automlEntity } from '../automl-entity.ts';
import { automlJobProperties } from '../automl-job.ts';
import { storedEntity } from '../entity-parts.ts';
import type { JobType } from './job-type.ts';

export const automlJob: JobType = {
  type: 'automl',
  jobType: 'AutoML',
  check(data, _folder, problems) {
    checkAutoml(data, '', problems);
    return [];
  },
  toWire: (submission, { data, folder }) => automlJobProperties(submission, data, folder),
  entity: (common, properties) => compact({ ...storedEntity(common, properties), ...automlEntity(properties) }),
};
