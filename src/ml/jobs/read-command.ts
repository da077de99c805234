import { invalid } from '../../kernel/errors.ts';
import { priorityOf } from '../compute/queue.ts';
import { countField, fieldOf, flagField, objectField, secondsField, textField, textsField } from '../wire-fields.ts';
import type { CommandWork, Distribution } from './plan.ts';

const NODE_LIMIT = 64;
const PROCESS_LIMIT = 256;

/**
 * The work of a command, from a job's body or a component, with what a pipeline's node sets over the component.
 * @param over the node, or the job itself again
 * @throws invalid for a body that lacks the command or the environment
 */
export function readCommand(base: unknown, over: unknown, compute: string): CommandWork {
  const command = textField(base, 'command');
  const environment =
    textField(over, 'environmentId') ?? textField(base, 'environmentId') ?? textField(base, 'environment');
  if (command === undefined || command.trim() === '')
    throw invalid('A command job needs a command.', { target: 'command' });
  if (environment === undefined) throw invalid('A command job needs an environment.', { target: 'environmentId' });
  const codeId = textField(base, 'codeId') ?? textField(base, 'code');
  const resources = { ...objectField(base, 'resources'), ...defined(objectField(over, 'resources')) };
  const nodes = countField(resources, 'instanceCount') ?? 1;
  if (nodes < 1 || nodes > NODE_LIMIT)
    throw invalid(`resources.instance_count must be 1 to ${NODE_LIMIT}.`, { target: 'instanceCount' });
  const distribution = readDistribution(over, nodes) ?? readDistribution(base, nodes);
  const timeoutSeconds =
    secondsField(objectField(over, 'limits'), 'timeout') ?? secondsField(objectField(base, 'limits'), 'timeout');
  const queue = { ...defined(objectField(base, 'queueSettings')), ...defined(objectField(over, 'queueSettings')) };
  return {
    command,
    environment,
    environmentVariables: { ...textsField(base, 'environmentVariables'), ...textsField(over, 'environmentVariables') },
    compute,
    nodes,
    ...(codeId ? { codeId: codeId.replace(/^azureml:(?=\/(?!\/))/i, '') } : {}),
    ...(distribution ? { distribution } : {}),
    ...(timeoutSeconds ? { timeoutSeconds } : {}),
    shmSize: readShmSize(resources),
    ...readDockerArgs(resources),
    priority: priorityOf(textField(queue, 'jobTier'), textField(queue, 'priority')),
  };
}

/** The service's own default is 2g (recorded). @throws invalid for what Docker would not take */
function readShmSize(resources: Readonly<Record<string, unknown>>): string {
  const size = textField(resources, 'shmSize') ?? '2g';
  if (/^\d+[bkmg]$/i.test(size)) return size;
  throw invalid(
    `resources.shm_size must be a number with a unit of b, k, m or g, such as 2g, not '${size.slice(0, 50)}'.`,
    {
      target: 'shmSize',
    },
  );
}

/** A text, or a list under a name of its own (client source); whether they can be followed is known where the container is started. */
function readDockerArgs(resources: Readonly<Record<string, unknown>>): Pick<CommandWork, 'dockerArguments'> {
  const list = fieldOf(resources, 'dockerArgsList') ?? fieldOf(resources, 'dockerArgs');
  const given = Array.isArray(list) ? list.map(String) : (textField(resources, 'dockerArgs') ?? '').trim();
  return given.length === 0 ? {} : { dockerArguments: given };
}

function defined(object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));
}

/** Ray's own default for the port of a head. */
const RAY_PORT = 6379;

/** The address of the head of a cluster that the job joins, with its port. */
function rayAddress(given: string | undefined, port: number | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (!/^([\w.-]+|\[[\da-f:]+\])(:\d+)?$/i.test(given))
    throw invalid(`The address '${given.slice(0, 200)}' of a Ray head is not of the form HOST or HOST:PORT.`, {
      target: 'address',
    });
  return /:\d+$/.test(given) ? given : `${given}:${port ?? RAY_PORT}`;
}

function readDistribution(owner: unknown, nodes: number): Distribution | undefined {
  const raw = objectField(owner, 'distribution');
  const type = (textField(raw, 'distributionType') ?? textField(raw, 'type'))?.toLowerCase();
  if (type === undefined) return undefined;
  if (type === 'pytorch' || type === 'mpi') {
    const processesPerNode = countField(raw, 'processCountPerInstance') ?? 1;
    if (processesPerNode < 1 || processesPerNode * nodes > PROCESS_LIMIT)
      throw invalid(`A job runs at most ${PROCESS_LIMIT} processes.`, { target: 'processCountPerInstance' });
    return { kind: type, processesPerNode };
  }
  if (type === 'tensorflow') {
    const workers = countField(raw, 'workerCount') ?? nodes;
    const parameterServers = countField(raw, 'parameterServerCount') ?? 0;
    if (workers < 1 || workers + parameterServers > PROCESS_LIMIT)
      throw invalid(`A job runs at most ${PROCESS_LIMIT} processes.`);
    return { kind: 'tensorflow', workers, parameterServers };
  }
  if (type === 'ray') {
    const [port, dashboardPort] = [countField(raw, 'port'), countField(raw, 'dashboardPort')];
    const address = rayAddress(textField(raw, 'address'), port);
    return {
      kind: 'ray',
      ...(address === undefined ? {} : { address }),
      dashboard: flagField(raw, 'includeDashboard') ?? false,
      headArguments: textField(raw, 'headNodeAdditionalArgs') ?? '',
      workerArguments: textField(raw, 'workerNodeAdditionalArgs') ?? '',
      ...(port === undefined ? {} : { port }),
      ...(dashboardPort === undefined ? {} : { dashboardPort }),
    };
  }
  throw invalid(`not implemented: the distribution type '${type}'. Known: pytorch, mpi, tensorflow, ray.`, {
    target: 'distributionType',
  });
}
