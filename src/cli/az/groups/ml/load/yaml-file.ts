import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import {
  type Document,
  isAlias,
  isMap as isMapNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import { commandError } from '../../../errors.ts';
import { isMap, resolvePlainScalar, type YamlMap, type YamlValue } from './yaml-value.ts';

/** A YAML file of an entity: its mapping, and the folder that relative paths in it start from. */
export type YamlFile = { readonly file: string; readonly folder: string; readonly data: YamlMap };

const MOST_BYTES = 4 * 1024 * 1024;
const MOST_NODES = 200_000;
const DEEPEST = 200;

type Place = { readonly file: string; readonly line: number; readonly column: number };
/** Where each key of a loaded mapping stands, for messages. Kept aside, so that the data stay plain. */
const places = new WeakMap<object, Map<string, Place>>();

/** `file:line:column` of a key, as far as it is known. */
export function placeOf(map: object, key: string): string | undefined {
  const place = places.get(map)?.get(key);
  return place && `${place.file}:${place.line}:${place.column}`;
}

/**
 * Loads a YAML file whose top is a mapping.
 * @param path from the user or another file; relative ones start at `folder`
 * @param what the entity's word for messages (`job`, `component`)
 * @throws errors that name the file and the place
 */
export function loadYamlFile(path: string, folder: string, what: string): YamlFile {
  const file = resolve(folder, path);
  const data = parseYaml(readText(file, what), file);
  if (!isMap(data)) throw commandError(`${file}: a ${what} YAML file holds a mapping at its top.`);
  return { file, folder: dirname(file), data };
}

function readText(file: string, what: string): string {
  try {
    const size = statSync(file).size;
    if (size > MOST_BYTES)
      throw commandError(`${file} is too large for a ${what} YAML file: ${size} bytes, at most ${MOST_BYTES}.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw commandError(`No such file or directory: ${file}. Check the path of the ${what} YAML file.`);
    if (code === 'EISDIR') throw commandError(`${file} is a folder. Name the ${what} YAML file in it.`);
    throw error;
  }
}

/** Parses one YAML document by the rules of the clients' reader: YAML 1.1 scalars, merge keys, the last of equal keys. */
export function parseYaml(text: string, file: string): YamlValue {
  const lines = new LineCounter();
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { schema: 'failsafe', version: '1.1', uniqueKeys: false, lineCounter: lines });
  } catch (cause) {
    throw commandError(`${file} cannot be read as YAML: ${(cause as Error).message}`, { cause });
  }
  const [problem] = document.errors;
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw commandError(`${file}:${line}:${col}: ${problem.message.split('\n')[0]}`);
  }
  let count = 0;
  const convert = (node: Node | null, depth: number): YamlValue => {
    if (++count > MOST_NODES || depth > DEEPEST) {
      throw commandError(`${file} is too large or too deep: at most ${MOST_NODES} values, ${DEEPEST} levels.`);
    }
    if (node === null) return null;
    if (isAlias(node)) return convert((node.resolve(document) ?? null) as Node | null, depth + 1);
    if (isScalar(node)) {
      const source = String(node.value ?? '');
      return node.type === 'PLAIN' && !node.tag ? resolvePlainScalar(source) : source;
    }
    if (isSeq(node)) return node.items.map((item) => convert(item as Node | null, depth + 1));
    if (!isMapNode(node)) return null;
    const merged: YamlMap = {};
    const own: YamlMap = {};
    const where = new Map<string, Place>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value ?? '') : String(key);
      const converted = convert(value as Node | null, depth + 1);
      if (name === '<<') {
        for (const one of Array.isArray(converted) ? converted.toReversed() : [converted])
          if (isMap(one)) Object.assign(merged, one);
        continue;
      }
      Object.defineProperty(own, name, { value: converted, enumerable: true, writable: true, configurable: true });
      const start = (key as Node | null)?.range?.[0];
      if (start !== undefined) {
        const { line, col } = lines.linePos(start);
        where.set(name, { file, line, column: col });
      }
    }
    const map = { ...merged, ...own };
    places.set(map, where);
    return map;
  };
  return convert(document.contents as Node | null, 0);
}
