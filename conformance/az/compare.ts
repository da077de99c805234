// Runs the same commands with the real az and the embedded one and compares their JSON key by key: same keys, same kinds of values.
// Usage: node compare.ts AZ MILLRACE GROUP WORKSPACE JOB
import { spawnSync } from 'node:child_process';

const [az, millrace, group, workspace, job] = process.argv.slice(2) as [string, string, string, string, string];
const there = ['-g', group, '-w', workspace];

/** What may differ, with the reason. */
const ALLOWED: Readonly<Record<string, string>> = {};

const COMMANDS: readonly (readonly string[])[] = [
  ['version'],
  ['account', 'show'],
  ['account', 'list'],
  ['account', 'get-access-token'],
  ['ml', 'job', 'show', '--name', job, ...there],
  ['ml', 'job', 'list', ...there],
  ['ml', 'workspace', 'show', '-g', group, '-n', workspace],
  ['ml', 'compute', 'show', '-n', 'cpu-cluster', ...there],
  ['ml', 'datastore', 'list', ...there],
  ['ml', 'compute', 'show', '-n', 'instance', ...there],
  ['ml', 'compute', 'list-nodes', '-n', 'cpu-cluster', ...there],
  ['ml', 'compute', 'list-sizes', ...there],
  ['ml', 'compute', 'list-usage', ...there],
  ['ml', 'workspace', 'list-keys', '-g', group, '-n', workspace],
  ['ml', 'workspace', 'diagnose', '-g', group, '-n', workspace],
  ['ml', 'workspace', 'outbound-rule', 'list', ...there],
  ['ml', 'model', 'show', '-n', 'compared', '-v', '1', ...there],
  ['ml', 'model', 'list', ...there],
  ['ml', 'model', 'show', '-n', 'of-real', '-v', '1', '--registry-name', 'conformance-registry'],
  ['ml', 'model', 'list', '--registry-name', 'conformance-registry'],
  ['ml', 'environment', 'show', '-n', 'of-ours', '--label', 'latest', '--registry-name', 'conformance-registry'],
  ['ml', 'environment', 'list', '-n', 'of-ours', '--registry-name', 'conformance-registry'],
  ['ml', 'data', 'show', '-n', 'compared', '-v', '1', ...there],
  ['ml', 'data', 'list-materialization-status', '-p', 'compared', '--all-results', ...there],
  ['ml', 'job', 'list', '--all-results', ...there],
  ['ml', 'workspace', 'list', '--filtered-kinds', 'default', '-g', group],
  ['ml', 'registry', 'show', '-n', 'conformance-registry', '-g', group],
  ['ml', 'schedule', 'show', '-n', 'compared', ...there],
];

/** The embedded az keeps its login in a folder of its own. */
const ownEnvironment = { ...process.env, AZURE_CONFIG_DIR: process.env['OWN_AZURE_CONFIG_DIR'] };

function ask(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): unknown {
  const done = spawnSync(program, args, { env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
  return JSON.parse(done.stdout);
}

const kindOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Every place where the two differ in keys or kinds. A null on either side passes for any kind. */
function differences(real: unknown, own: unknown, path: string): string[] {
  const kinds = [kindOf(real), kindOf(own)] as const;
  if (kinds[0] !== kinds[1]) return kinds.includes('null') ? [] : [`${path}: ${kinds[0]} there, ${kinds[1]} here`];
  if (kinds[0] === 'array') {
    const [a, b] = [real as unknown[], own as unknown[]];
    if (a.length !== b.length) return [`${path}: ${a.length} items there, ${b.length} here`];
    return a.flatMap((item, index) => differences(item, b[index], `${path}[${index}]`));
  }
  if (kinds[0] !== 'object') return [];
  const [a, b] = [real as Record<string, unknown>, own as Record<string, unknown>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort().flatMap((key) => {
    const place = `${path}.${key}`;
    if (place in ALLOWED) return [];
    if (!(key in b)) return [`${place}: only there (${kindOf(a[key])})`];
    if (!(key in a)) return [`${place}: only here (${kindOf(b[key])})`];
    return differences(a[key], b[key], place);
  });
}

let found = 0;
for (const command of COMMANDS) {
  const faults = differences(
    ask(az, [...command, '-o', 'json']),
    ask(millrace, ['az', ...command, '-o', 'json'], ownEnvironment),
    command.slice(0, 3).join(' '),
  );
  for (const fault of faults) console.log(fault);
  found += faults.length;
}
console.log(`${COMMANDS.length} commands compared, ${found} differences`);
process.exitCode = found === 0 ? 0 : 1;
