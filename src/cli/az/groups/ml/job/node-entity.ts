import { compact, filled, type Wire, wireOf } from '../entity.ts';
import { automlNodeEntity } from './automl-entity.ts';
import { durationSeconds } from './duration.ts';
import { dataReference, distributionEntity, identityOf, mapValues, shortOf, textOf } from './entity-parts.ts';
import { sparkEntry } from './spark-entity.ts';
import { modeWord, serviceWord, snake } from './wire-words.ts';

const BINDING = /^\$\{\{\s*parent\.[\w.-]+\s*\}\}$/;

/** A pipeline's node as the pipeline is shown: what its type says about running, in the words of its YAML (recorded). */
export function nodeEntity(node: Wire): unknown {
  const limits = wireOf(node['limits']);
  const timeout = limits ? durationSeconds(String(limits['timeout'] ?? '')) : undefined;
  const inputs = mapValues(node['inputs'], (input) => {
    const mode = textOf(input['mode']);
    if (input['job_input_type'] === 'literal') {
      if (!BINDING.test(String(input['value']))) return input['value'];
      return compact({ mode: mode && modeWord(mode), path: input['value'] });
    }
    return compact({
      mode: mode && modeWord(mode),
      type: input['job_input_type'],
      path: dataReference(String(input['uri'] ?? '')),
    });
  });
  const outputs = mapValues(node['outputs'], (output) => {
    if (output['type'] === 'literal') return output['value'];
    const mode = textOf(output['mode']);
    return compact({
      name: output['name'],
      mode: mode && modeWord(mode),
      type: output['job_output_type'],
      path: output['uri'],
      version: output['version'],
    });
  });
  const type = String(node['type'] ?? '');
  if (type === 'automl') return automlNodeEntity(node);
  return compact({
    environment_variables: wireOf(node['environment_variables']),
    resources: wireOf(node['resources']) && compact(node['resources'] as Wire),
    distribution: distributionEntity(node['distribution'], 'distribution_type'),
    limits: timeout === undefined ? undefined : { timeout },
    ...membersOf(type, node),
    services: filled(mapValues(node['services'], serviceEntity)),
    inputs: Object.keys(inputs).length ? inputs : undefined,
    outputs: Object.keys(outputs).length ? outputs : undefined,
    component: shortOf(node['componentId']),
    type,
    compute: shortOf(node['computeId']),
    identity: identityOf(node['identity']),
    comment: textOf(node['comment']),
  });
}

function serviceEntity(service: Wire): Wire {
  const name = String(service['job_service_type'] ?? '');
  const properties = wireOf(service['properties']);
  return compact({
    type: name && serviceWord(name),
    port: service['port'],
    properties,
    // What a service of its type has of them is shown by itself too (seen with the public extension 2.42.0).
    ...(name === 'SSH' ? { ssh_public_keys: properties?.['sshPublicKeys'] } : {}),
    ...(name === 'TensorBoard' ? { log_dir: properties?.['logDir'] } : {}),
    nodes: wireOf(service['nodes'])?.['nodes_value_type'] === 'All' ? 'all' : undefined,
  });
}

/** The members that nodes of a type have beside all others'. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  data_transfer: ['task', 'source', 'sink'],
  spark: ['entry', 'py_files', 'jars', 'files', 'archives', 'conf', 'args'],
  parallel: [
    'task',
    'input_data',
    'partition_keys',
    'max_concurrency_per_instance',
    'error_threshold',
    'mini_batch_error_threshold',
    'retry_settings',
    'logging_level',
  ],
  sweep: ['limits', 'objective', 'sampling_algorithm', 'search_space'],
  if_else: ['condition', 'true_block', 'false_block'],
  do_while: ['body', 'condition', 'mapping', 'limits'],
  parallel_for: ['body', 'items', 'max_concurrency'],
};

function membersOf(type: string, node: Wire): Wire {
  const same = Object.fromEntries((MEMBERS[type] ?? []).map((key) => [key, node[key]]));
  // A number on the wire, text in YAML (recorded).
  const size = node['mini_batch_size'];
  if (type === 'parallel') return { ...same, mini_batch_size: size === undefined ? undefined : String(size) };
  if (type === 'spark') return { ...same, entry: sparkEntry(node['entry'], 'spark_job_entry_type') };
  if (type !== 'sweep') return same;
  const { policy_type: policy, ...rules } = wireOf(node['early_termination']) ?? {};
  return {
    ...same,
    early_termination: policy ? { type: snake(String(policy)).slice(1), ...rules } : undefined,
    trial: shortOf(wireOf(node['trial'])?.['componentId']),
  };
}
