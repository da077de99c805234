import type { Distribution } from './plan.ts';

/** What each process of a launch runs; it tells its part by the variables of `processVariables`. */
export type DistributedCommand = {
  /** For `bash -c`. */
  readonly text: string;
  readonly env: Readonly<Record<string, string>>;
};

const MPI_VARIABLES = ['RANK', 'SIZE', 'LOCAL_RANK', 'LOCAL_SIZE'].map((name) => `OMPI_COMM_WORLD_${name}`);

/**
 * The command as a distribution's launcher begins it. Where the environment has Open MPI, its `mpirun` does, as in the service; its processes are told
 * of the nodes that the job asked for. Ray's first node has the head and runs the command, the others join it and leave when it has ended; with an
 * address of its own, all of them join the head that is there, and the first one runs the command.
 * @param command rendered
 * @param nodes of the job
 * @param port the launch's own
 * @param launchId for a short name in /tmp, where Ray's sockets need one
 */
export function distributedCommand(
  command: string,
  distribution: Distribution | undefined,
  nodes: number,
  port: number,
  launchId: string,
): DistributedCommand {
  if (distribution?.kind === 'mpi')
    return { text: mpiCommand(nodes, distribution.processesPerNode), env: { MILLRACE_COMMAND: command } };
  if (distribution?.kind === 'ray')
    return {
      text: rayCommand(distribution, port, `/tmp/ray-${launchId.slice(0, 8)}`),
      env: { MILLRACE_COMMAND: command },
    };
  return { text: command, env: {} };
}

/** Without Open MPI each process begins the command itself, with the variables that mpirun would give. */
function mpiCommand(nodes: number, perNode: number): string {
  const size = nodes * perNode;
  const inner = [
    `export AZUREML_CR_NODE_RANK=$((OMPI_COMM_WORLD_RANK / ${perNode}))`,
    `OMPI_COMM_WORLD_LOCAL_RANK=$((OMPI_COMM_WORLD_RANK % ${perNode})) OMPI_COMM_WORLD_LOCAL_SIZE=${perNode}`,
    'AZUREML_PROCESS_NAME=worker_$OMPI_COMM_WORLD_RANK; exec bash -c "$MILLRACE_COMMAND"',
  ].join(' ');
  return `
if mpirun --version 2>/dev/null | grep -qi 'open *mpi\\|open-mpi\\|openrte'; then
  if [ "$OMPI_COMM_WORLD_RANK" != 0 ]; then exit 0; fi
  unset ${MPI_VARIABLES.join(' ')}
  exec mpirun --allow-run-as-root --oversubscribe --bind-to none -np ${size} --host localhost:${size} bash -c '${inner}'
fi
exec bash -c "$MILLRACE_COMMAND"`;
}

function rayCommand(ray: Extract<Distribution, { kind: 'ray' }>, port: number, folder: string): string {
  const address = ray.address ?? `127.0.0.1:${ray.port ?? port}`;
  const dashboard = ray.dashboard
    ? `--include-dashboard=true${ray.dashboardPort === undefined ? '' : ` --dashboard-port=${ray.dashboardPort}`}`
    : '--include-dashboard=false';
  const joining = `ray start --block --address=${address} --disable-usage-stats ${ray.workerArguments}`;
  const log = '"$AZ_BATCHAI_JOB_TEMP/ray-first.log"';
  // Who joins a cluster that is there has joined when its own part of it says so: the head answers before. The log may not be there yet.
  const [first, isUp] =
    ray.address === undefined
      ? [
          `ray start --head --block --node-ip-address=127.0.0.1 --port=${ray.port ?? port} --temp-dir=${folder} ${dashboard} --disable-usage-stats ${ray.headArguments}`,
          'ready',
        ]
      : [joining, `grep -qs 'Ray runtime started' ${log}`];
  return `
if ! command -v ray >/dev/null; then echo 'A Ray job needs the package ray in its environment.' >&2; exit 127; fi
ended=$AZ_BATCHAI_JOB_TEMP/ray-ended
ready() { ray health-check --address ${address} >/dev/null 2>&1; }
if [ "$AZUREML_CR_NODE_RANK" = 0 ]; then
  ${first} >${log} 2>&1 &
  first=$!
  until ${isUp}; do
    if ! kill -0 $first 2>/dev/null; then cat ${log} >&2; : >"$ended"; exit 1; fi
    sleep 0.5
  done
  export RAY_ADDRESS=${address}
  bash -c "$MILLRACE_COMMAND"
  code=$?
  : >"$ended"
  kill $first; wait $first
  rm -rf ${folder}
  exit $code
fi
until ready; do
  if [ -e "$ended" ]; then exit 0; fi
  sleep 0.5
done
${joining} &
node=$!
while kill -0 $node 2>/dev/null && [ ! -e "$ended" ]; do sleep 0.5; done
if [ ! -e "$ended" ]; then echo 'This node left the Ray cluster before the command ended.' >&2; exit 1; fi
kill $node 2>/dev/null
wait $node
exit 0`;
}
