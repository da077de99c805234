import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { commandError } from '../../../errors.ts';
import { listFiles } from './files.ts';
import type { Ignore } from './ignore.ts';

/** What a zip file without the 64 bit extension can hold, and what fits into memory. */
const MOST_ENTRIES = 65_534;
const MOST_BYTES = 1024 ** 3;

/** Of a Unix system, by version 2.0 of the format: what Python's `zipfile` writes. */
const VERSION = 20;
const CREATOR = (3 << 8) | VERSION;
const UTF8_NAMES = 0x800;

/**
 * Writes a folder as a zip file, byte for byte as the public client does: nothing compressed, the folder itself first, then its files in
 * the order of their paths, each with its time and mode. The same folder is the same file, and so the same code again.
 * @param folder absolute
 * @param file where the zip file is written
 * @param ignore what is left out, by paths from the folder
 * @throws for more entries or bytes than such a file takes
 */
export function zipFolder(folder: string, file: string, ignore: Ignore): void {
  const root = basename(folder);
  const files = listFiles(folder, ignore).sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (files.length > MOST_ENTRIES || bytes > MOST_BYTES)
    throw commandError(
      `${folder} cannot be included as a zip file: it holds ${files.length} files of ${bytes} bytes, and a zip file takes ${MOST_ENTRIES} of ${MOST_BYTES}. Include the folder itself.`,
    );
  const entries = [
    entryOf(`${root}/`, folder, Buffer.alloc(0)),
    ...files.map(({ path, source }) => entryOf(`${root}/${path}`, source, readFileSync(source))),
  ];
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, common, attributes, data } of entries) {
    const header = Buffer.alloc(4);
    header.writeUInt32LE(0x04034b50);
    local.push(header, common, name, data);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(attributes, 6);
    tail.writeUInt32LE(at, 10);
    const lead = Buffer.alloc(6);
    lead.writeUInt32LE(0x02014b50);
    lead.writeUInt16LE(CREATOR, 4);
    central.push(lead, common, tail, name);
    at += 4 + common.length + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(
    central.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(at, 16);
  writeFileSync(file, Buffer.concat([...local, ...central, end]));
}

/** An entry's name and bytes, what both of its headers say of it, and its mode as the central one has it. */
function entryOf(path: string, source: string, data: Buffer) {
  const stats = statSync(source);
  const name = Buffer.from(path);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(VERSION, 0);
  common.writeUInt16LE(name.length === path.length ? 0 : UTF8_NAMES, 2);
  const { date, time } = dosTime(stats.mtime);
  common.writeUInt16LE(time, 6);
  common.writeUInt16LE(date, 8);
  common.writeUInt32LE(crc32(data), 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(data.length, 18);
  common.writeUInt16LE(name.length, 22);
  const attributes = (((stats.mode & 0xffff) << 16) >>> 0) + (stats.isDirectory() ? 0x10 : 0);
  return { name, common, attributes, data };
}

/** A time of this place in the words of the format, which has years from 1980 and every other second. */
function dosTime(when: Date): { date: number; time: number } {
  if (when.getFullYear() < 1980)
    throw commandError('A zip file knows no time before 1980. Touch the files that are older.');
  return {
    date: ((when.getFullYear() - 1980) << 9) | ((when.getMonth() + 1) << 5) | when.getDate(),
    time: (when.getHours() << 11) | (when.getMinutes() << 5) | (when.getSeconds() >> 1),
  };
}
