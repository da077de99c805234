import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { fileArgument } from '../../../shared-arguments.ts';
import { assetScope, openAssetScope } from '../asset/asset-scope.ts';
import { additionalIncludes, localCode } from '../job/submission.ts';
import { pythonJson } from '../load/yaml-value.ts';
import { listFiles } from '../upload/files.ts';
import { readComponent } from './read-component.ts';

/** The catalog, and the file that a signing tool puts its signature in; at first it holds the same (client source). */
const CATALOGS = ['catalog.json', 'catalog.json.sig'];

export const command: Command = {
  name: 'ml component prepare-for-sign',
  summary: 'Write the catalog of a component’s code, for a tool that signs it.',
  description: 'Writes catalog.json and catalog.json.sig into the code folder: the SHA-256 of each file in it.',
  arguments: [...assetScope, { ...fileArgument('Azure ML component'), required: true }],
  async run(context, args) {
    const {
      source,
      component: { kind, data, folder },
    } = readComponent(context, args);
    await openAssetScope(context, args);
    // A pipeline has no code of its own.
    if (kind === 'pipeline') return undefined;
    const code = localCode(data['code']);
    if (!code) throw commandError(`${source.file}: code: the component has no local code to be signed.`);
    if (additionalIncludes(data).length)
      throw commandError(
        `${source.file}: additional_includes: the catalog lies in one code folder. Put what is included into ${code}.`,
      );
    const root = resolve(folder, code);
    if (!(await stat(root)).isDirectory())
      throw commandError(`${source.file}: code: ${root} is a file. A catalog lies in a code folder: name one.`);
    for (const name of CATALOGS) await rm(join(root, name), { force: true });
    const items: Record<string, string> = {};
    for (const { path, source: file } of listFiles(root)) items[path] = await sha256(file);
    const text = `{"HashAlgorithm": "SHA256", "CatalogItems": ${pythonJson(items)}}`;
    for (const name of CATALOGS) await writeFile(join(root, name), text);
    return undefined;
  },
};

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex').toUpperCase();
}
