import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Problems } from '../load/fields.ts';
import { isMap, pythonText, type YamlMap } from '../load/yaml-value.ts';
import { isReference, isUri } from '../references.ts';
import { isBinding } from './inputs.ts';

/** Local paths of inputs must be there before anything is sent. */
export function checkInputPaths(data: YamlMap, folder: string, lead: string, problems: Problems): void {
  if (!isMap(data['inputs'])) return;
  for (const [name, input] of Object.entries(data['inputs'])) {
    const path = isMap(input) ? input['path'] : undefined;
    if (path === undefined || path === null || isBinding(path) || !isMap(input)) continue;
    const text = pythonText(path);
    if (isReference(text) || isUri(text)) continue;
    const full = resolve(folder, text.replace(/^file:(?:\/\/)?/, ''));
    if (existsSync(full)) continue;
    problems.add(
      `${lead}inputs.${name}.path`,
      `The path ${full} does not exist. It starts at the folder of this file.`,
      { map: input, key: 'path' },
      text,
    );
  }
}
