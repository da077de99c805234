import { loadComponent } from '../../component/definition.ts';
import { compact, type Wire, wireOf } from '../../entity.ts';
import { checkShape } from '../../load/shape.ts';
import { inputEntity, mapValues, outputEntity, shortOf } from '../entity-parts.ts';
import { checkInputPaths } from '../input-paths.ts';
import { PIPELINE_JOB } from '../keys.ts';
import { checkNodes } from '../node-definition.ts';
import { nodeEntity } from '../node-entity.ts';
import { pipelineJobProperties } from '../pipeline-job.ts';
import type { JobType } from './job-type.ts';

export const pipelineJob: JobType = {
  type: 'pipeline',
  jobType: 'Pipeline',
  check(data, folder, problems) {
    checkShape(data, PIPELINE_JOB, '', problems);
    if (!data['jobs'] && !data['component'])
      problems.add('jobs', 'Missing data for required field: a pipeline has jobs, or a component.');
    const nodes = checkNodes(data, folder, problems, loadComponent);
    for (const node of nodes) checkInputPaths(node.data, node.folder, `jobs.${node.key}.`, problems);
    return nodes;
  },
  toWire: pipelineJobProperties,
  entity(common, properties) {
    const settings = wireOf(properties['settings']) ?? {};
    const shown = compact({
      default_datastore: shortOf(settings['default_datastore']),
      default_compute: shortOf(settings['default_compute']),
      continue_on_step_failure: settings['continue_on_step_failure'],
      force_rerun: settings['force_rerun'],
    });
    const whole = compact({
      ...common,
      component: shortOf(properties['componentId']),
      settings: shown,
      inputs: mapValues(properties['inputs'], inputEntity),
      outputs: mapValues(properties['outputs'], outputEntity),
      jobs: mapValues(properties['jobs'], nodeEntity),
    });
    // A pipeline's dump leaves out what is empty.
    return Object.fromEntries(
      Object.entries(whole).filter(([, value]) => !wireOf(value) || Object.keys(value as Wire).length > 0),
    );
  },
};
