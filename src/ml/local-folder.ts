import { lstat, mkdir, readlink, realpath, rename, rm, stat, symlink } from 'node:fs/promises';
import { dirname, isAbsolute, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conflict, type DomainError, invalid } from '../kernel/errors.ts';
import { newGuid } from '../kernel/ids.ts';
import type { BlobAccess } from './types.ts';

type Place = { readonly account: string; readonly container: string };

const refuse = (message: string): DomainError => invalid(message, { target: 'endpoint', wire: 'UserError' });

/**
 * The folder of this machine that a datastore's `endpoint` names, `file:///data/shared`; undefined for any other endpoint.
 * @throws invalid for an address that is no absolute path
 */
export function localFolderOf(endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || !/^file:/i.test(endpoint)) return undefined;
  try {
    const folder = fileURLToPath(endpoint);
    if (isAbsolute(folder)) return folder;
  } catch {
    // Told below.
  }
  throw refuse(`'${endpoint.slice(0, 200)}' is not the address of a folder here. Write it file:///data/shared.`);
}

/**
 * Lets a container be a folder of this machine: what is in the one is in the other.
 * @param previous the folder that the same datastore was before
 * @throws invalid where there is no such folder; conflict where the container has blobs, or is another folder already
 */
export async function linkFolder(
  blobs: BlobAccess,
  place: Place,
  folder: string,
  previous: string | undefined,
): Promise<void> {
  const real = await realpath(folder).catch(() => undefined);
  if (real === undefined || !(await stat(real)).isDirectory())
    throw refuse(`There is no folder ${folder} on this machine.`);
  const at = blobs.pathOf(place.account, place.container, '').replace(/\/+$/, '');
  await mkdir(dirname(at), { recursive: true, mode: 0o700 });
  const own = await realpath(dirname(dirname(at)));
  // Nothing that this server keeps for itself becomes a container, nor does a container hold itself.
  if (
    `${real}${sep}`.startsWith(`${dirname(own)}${sep}`) ||
    `${own}${sep}`.startsWith(`${real === sep ? '' : real}${sep}`)
  )
    throw refuse(`The folder ${folder} holds what this server keeps, or lies in it. Name another one.`);
  const there = await lstat(at).catch(() => undefined);
  if (there && !there.isSymbolicLink())
    throw conflict(
      `The container ${place.container} of ${place.account} is there already, and is no folder of this machine. Name another one.`,
      { wire: 'UserError' },
    );
  const target = there ? await readlink(at) : undefined;
  if (target === real) return;
  if (target !== undefined && target !== previous)
    throw conflict(
      `The container ${place.container} of ${place.account} is another folder already: ${target}. Name another one.`,
      { wire: 'UserError' },
    );
  const draft = `${at}-${newGuid()}`;
  await symlink(real, draft);
  await rename(draft, at);
}

/** The container is no folder of this machine any more; the folder and what is in it stay. */
export async function unlinkFolder(blobs: BlobAccess, place: Place): Promise<void> {
  const at = blobs.pathOf(place.account, place.container, '').replace(/\/+$/, '');
  if ((await lstat(at).catch(() => undefined))?.isSymbolicLink()) await rm(at);
}
