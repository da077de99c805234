import { statSync } from 'node:fs';
import { join } from 'node:path';
import { commandError } from '../../../errors.ts';
import { loadYamlFile } from '../load/yaml-file.ts';
import { isMap, pythonText } from '../load/yaml-value.ts';
import { localContent } from '../upload/local-content.ts';

/** What an entry of an MLTable's paths may name its data by (documented schema). */
const PATH_KINDS = ['file', 'folder', 'pattern'];

/**
 * Judges local content before it is sent: a folder for `uri_folder` and `mltable`, a file for `uri_file`.
 * @param file whose words the path is, for messages
 * @returns the addresses in a table's MLTable file, in its order, as the clients send them (recorded); empty for other types
 * @throws for what is not there or of another kind, and for a table without an MLTable file that can be read
 */
export function checkLocalData(path: string, folder: string, type: string, file: string): string[] {
  const { root, stats } = localContent(path, folder);
  if (stats.isDirectory() !== (type !== 'uri_file'))
    throw commandError(
      `${file}: path: '${path}' is a ${stats.isDirectory() ? 'folder' : 'file'}, and the type is ${type}.`,
    );
  return type === 'mltable' ? addressesOf(root) : [];
}

function addressesOf(root: string): string[] {
  const place = join(root, 'MLTable');
  if (!statSync(place, { throwIfNoEntry: false })?.isFile())
    throw commandError(
      `${root} holds no MLTable file, which says what the table is made of. Write one, or use uri_folder.`,
    );
  const { data } = loadYamlFile('MLTable', root, 'MLTable');
  const paths = data['paths'];
  if (!Array.isArray(paths) || paths.length === 0)
    throw commandError(`${place}: paths: Missing data for required field: a list of ${PATH_KINDS.join(', ')}.`);
  return paths.map((one, at) => {
    const [entry, more] = isMap(one) ? Object.entries(one).filter(([kind]) => PATH_KINDS.includes(kind)) : [];
    if (!entry || more || typeof entry[1] === 'object')
      throw commandError(`${place}: paths[${at}]: Must have one of ${PATH_KINDS.join(', ')}.`);
    return pythonText(entry[1]);
  });
}
