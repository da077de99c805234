import { compact } from '../../entity.ts';
import { checkShape } from '../../load/shape.ts';
import { inputEntity, mapValues, storedEntity } from '../entity-parts.ts';
import { ANY_JOB } from '../keys.ts';
import { checkSparkJob, SPARK, SPARK_RESOURCES } from '../spark-definition.ts';
import { sparkJobEntity } from '../spark-entity.ts';
import { sparkJobProperties } from '../spark-job.ts';
import type { JobType } from './job-type.ts';

export const sparkJob: JobType = {
  type: 'spark',
  jobType: 'Spark',
  check(data, folder, problems) {
    checkShape(data, { ...ANY_JOB, ...SPARK, ...SPARK_RESOURCES }, '', problems);
    checkSparkJob(data, folder, problems);
    return [];
  },
  toWire: (submission, { data, folder }) => sparkJobProperties(submission, data, folder),
  entity(common, properties) {
    // Its id and its maker are not shown (recorded).
    const { id: _id, creation_context: _made, ...rest } = common;
    return compact({
      ...storedEntity(rest, properties),
      inputs: mapValues(properties['inputs'], inputEntity),
      ...sparkJobEntity(properties),
    });
  },
};
