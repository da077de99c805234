import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Argument } from '../../command.ts';
import { registry } from './registry.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const clients = process.env['MILLRACE_CLIENTS'] ?? join(root, 'conformance', '.clients');
const python = join(clients, 'az', 'bin', 'python');
const extensions = join(clients, 'extensions');
const installed = existsSync(python) && existsSync(join(extensions, 'ml'));

/** The groups that are here as the public client has them; others are not here at all. */
const GROUPS = [
  'component',
  'compute',
  'data',
  'datastore',
  'environment',
  'job',
  'model',
  'registry',
  'schedule',
  'workspace',
];

type PublicArgument = {
  readonly options: readonly string[];
  readonly required: boolean;
  readonly nargs: string | null;
  readonly flag: boolean;
  readonly choices: readonly string[];
  readonly configured: string | null;
};

/** What differs on purpose, as the messages begin, and why. */
const ON_PURPOSE = [
  // There they are required even where --registry-name says where the asset is, which is all that is needed.
  /^ml (component|data|model) update: --(resource-group|workspace-name) is required: 'true' there/,
  // There the command itself refuses what its parser let pass: no workspace, no registry.
  /^ml (environment|model) share: --(resource-group|workspace-name) is required: 'false' there/,
  /^ml schedule (create|list|show): --workspace-name is required: 'false' there/,
  /^ml registry delete: --(resource-group|name) is required: 'false' there/,
];

/** How many values an option takes, in the words of argparse; a flag takes none. */
const valuesOf = ({ kind, bare }: Argument) =>
  kind === 'flag' ? 'none' : kind === 'value' ? (bare === undefined ? 'one' : '?') : 'many';
const publicValuesOf = ({ nargs, flag }: PublicArgument) =>
  flag ? 'none' : nargs === null ? 'one' : nargs === '?' ? '?' : 'many';

const sorted = (texts: readonly string[] | undefined) => [...(texts ?? [])].sort().join(' ');

/** Every way in which the two take an option differently. */
function differences(name: string, theirs: readonly PublicArgument[], ours: readonly Argument[]): string[] {
  const found: string[] = [];
  const known = new Set(theirs.flatMap(({ options }) => options));
  for (const { options } of ours)
    for (const option of options) if (!known.has(option)) found.push(`${name}: ${option} is only here`);
  for (const argument of theirs) {
    const label = `${name}: ${argument.options[0]}`;
    const own = ours.find(({ options }) => options.some((option) => argument.options.includes(option)));
    if (!own) {
      found.push(`${label} is only there`);
      continue;
    }
    for (const [what, there, here] of [
      ['is spelled', sorted(argument.options), sorted(own.options)],
      ['is required', String(argument.required), String(own.required ?? false)],
      ['takes values', publicValuesOf(argument), valuesOf(own)],
      ['has the choices', sorted(argument.choices), sorted(own.choices)],
      ['has the default', argument.configured ?? '', own.configured ?? ''],
    ] as const)
      if (there !== here) found.push(`${label} ${what}: '${there}' there, '${here}' here`);
  }
  return found;
}

const skip = installed ? false : 'the public client is not installed: bash conformance/set-up.sh';

test('the groups that are here have the commands and options of the public client', { skip }, async () => {
  const asked = spawnSync(python, [join(root, 'conformance', 'az', 'command-table.py'), ...GROUPS], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: {
      ...process.env,
      AZURE_EXTENSION_DIR: extensions,
      AZURE_CONFIG_DIR: join(tmpdir(), `millrace-command-table-${process.pid}`),
    },
  });
  assert.equal(asked.status, 0, asked.stderr);
  const theirs = JSON.parse(asked.stdout) as Record<string, PublicArgument[]>;
  assert.deepEqual(Object.keys(registry).sort(), Object.keys(theirs).sort());
  const found: string[] = [];
  for (const [name, entry] of Object.entries(registry))
    found.push(...differences(name, theirs[name] ?? [], (await entry.load()).command.arguments));
  assert.deepEqual(
    found.filter((one) => !ON_PURPOSE.some((reason) => reason.test(one))),
    [],
  );
  // A difference that is gone is no longer excused.
  assert.deepEqual(
    ON_PURPOSE.filter((reason) => !found.some((one) => reason.test(one))),
    [],
  );
});
