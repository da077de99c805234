import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkEnvironment } from '../environment/check-environment.ts';
import { DATA_TYPES, INPUT, OUTPUT } from '../job/keys.ts';
import { flagOf } from '../job/wire-words.ts';
import { checkRequired, type Problems } from '../load/fields.ts';
import { checkShape } from '../load/shape.ts';
import { isMap, pythonText, type YamlMap, type YamlValue } from '../load/yaml-value.ts';
import { isReference, isUri } from '../references.ts';

/**
 * Checks inputs and outputs: their keys, types and modes.
 * @param owner the dotted path of what has them; empty at the top
 */
export function checkInterface(data: YamlMap, problems: Problems, owner = ''): void {
  const lead = owner ? `${owner}.` : '';
  for (const [part, keys] of [
    ['inputs', INPUT],
    ['outputs', OUTPUT],
  ] as const) {
    const all = data[part];
    if (all === undefined || all === null) continue;
    if (!isMap(all)) {
      problems.add(`${lead}${part}`, `Not a mapping of names to ${part}.`, { map: data, key: part });
      continue;
    }
    for (const [name, value] of Object.entries(all)) {
      if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name)) {
        problems.add(
          `${lead}${part}.${name}`,
          'A name holds letters, digits and underscores, and begins with no digit.',
          {
            map: all,
            key: name,
          },
        );
      }
      if (!isMap(value)) continue;
      checkShape(value, keys, `${lead}${part}.${name}`, problems);
      const type = value['type'];
      const known = [...DATA_TYPES, 'string', 'number', 'integer', 'boolean'];
      if (typeof type === 'string' && !type.startsWith('${{') && !known.includes(type.toLowerCase())) {
        problems.add(
          `${lead}${part}.${name}.type`,
          `Must be one of: ${known.join(', ')}.`,
          { map: value, key: 'type' },
          type,
        );
      }
    }
  }
}

/**
 * Checks what every command has: the command, an environment, code that is there.
 * @param ports what holds the inputs and outputs that the command may name: a trial's are its sweep's
 */
export function checkCommand(
  data: YamlMap,
  folder: string,
  path: string,
  problems: Problems,
  ports: YamlMap = data,
): void {
  const at = (key: string) => (path ? `${path}.${key}` : key);
  checkRequired(data, ['command', 'environment'], path, problems);
  checkCode(data, folder, path, problems);
  checkEnvironment(data, folder, path, problems);
  const declared = (part: string) => new Set(isMap(ports[part]) ? Object.keys(ports[part]) : []);
  const names = { inputs: declared('inputs'), outputs: declared('outputs') };
  for (const match of pythonText(data['command'] ?? '').matchAll(/\$\{\{\s*(inputs|outputs)\.([\w.]+)\s*\}\}/g)) {
    const part = match[1] as 'inputs' | 'outputs';
    const name = match[2] ?? '';
    if (names[part].has(name) || names[part].has(name.split('.')[0] ?? '')) continue;
    problems.add(at('command'), `'${match[0]}' names no ${part.slice(0, -1)} of this command.`, {
      map: data,
      key: 'command',
    });
  }
}

/** Checks that the code of a command or task is there. */
export function checkCode(data: YamlMap, folder: string, path: string, problems: Problems): void {
  const code = data['code'];
  if (typeof code === 'string' && !isReference(code) && !isUri(code) && !existsSync(resolve(folder, code))) {
    problems.add(
      path ? `${path}.code` : 'code',
      `The path ${resolve(folder, code)} does not exist. It starts at the folder of this file.`,
      { map: data, key: 'code' },
    );
  }
}

/** Which inputs a component demands: those without a default that are not optional. */
export function requiredInputs(data: YamlMap): string[] {
  if (!isMap(data['inputs'])) return [];
  return Object.entries(data['inputs'])
    .filter(([, input]) => !isMap(input) || ((input['default'] ?? null) === null && !flagOf(input['optional'])))
    .map(([name]) => name);
}

/** The type of a component's output; data outputs are folders unless they say otherwise. */
export function outputType(data: YamlMap, name: string): string | undefined {
  const outputs: YamlValue | undefined = data['outputs'];
  if (!isMap(outputs) || !(name in outputs)) return undefined;
  const output = outputs[name];
  return isMap(output) ? pythonText(output['type'] ?? 'uri_folder').toLowerCase() : 'uri_folder';
}
