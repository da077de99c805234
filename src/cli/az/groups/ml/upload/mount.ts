import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Args, Argument, AzIo, Context } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { notImplementedHere } from '../not-implemented.ts';
import { type Workspace, workspaceArguments } from '../workspace/scope.ts';
import { downloadUri } from './download.ts';

/** Where something is to be mounted, and whether it is to be written to there. */
type Mount = { readonly point: string; readonly mode: 'ro_mount' | 'rw_mount' };

/** What a mount takes. @param what how a path says what is mounted */
export const mountArguments = (what: string): readonly Argument[] => [
  ...workspaceArguments.map((argument) => ({ ...argument, required: false })),
  { name: 'path', options: ['--path'], kind: 'value', required: true, literal: true, help: what },
  {
    name: 'mount_point',
    options: ['--mount-point'],
    kind: 'value',
    literal: true,
    help: 'An empty or new folder to mount to. Default: /home/azureuser/mount/data.',
  },
  { name: 'mode', options: ['--mode'], kind: 'value', help: 'Mount mode: ro_mount (read-only). Default: ro_mount.' },
  {
    name: 'persistent',
    options: ['--persistent'],
    kind: 'flag',
    help: 'Make mount persist across reboots. Supported only on Compute Instance.',
  },
];

/** Reads how to mount. @throws as the public client for a mode that there isn't, and for `--persistent` outside a compute instance */
export function mountOf(args: Args, io: AzIo): Mount {
  const mode = args.text('mode') ?? 'ro_mount';
  if (mode !== 'ro_mount' && mode !== 'rw_mount') throw commandError('mode should be either `ro_mount` or `rw_mount`');
  if (args.flag('persistent')) {
    if (!io.env['CI_NAME'])
      throw commandError(
        "persistent mount is only supported on Compute Instance, where the 'CI_NAME' environment variable is set.",
      );
    throw notImplementedHere('mounts that persist. Leave --persistent out: the copy stays until it is deleted');
  }
  return { point: resolve(io.cwd, args.text('mount_point') ?? '/home/azureuser/mount/data'), mode };
}

/**
 * Copies what lies at a datastore address to the mount point, in files that nobody writes to by mistake: nothing would come back.
 * @throws for a mount that is to be written to, a mount point that holds something, and an address with nothing at it; the mount point is
 *   then as it was
 */
export async function mountCopy(context: Context, workspace: Workspace, uri: string, mount: Mount): Promise<void> {
  const { point, mode } = mount;
  if (mode === 'rw_mount') throw notImplementedHere('mounts that are written to. Those of mode ro_mount work');
  const found = await stat(point).catch(() => undefined);
  if (found && !found.isDirectory()) throw commandError(`The mount point ${point} is a file. Name a folder.`);
  if (found && (await readdir(point)).length > 0)
    throw commandError(`The mount point ${point} is not empty. Name an empty or a new folder.`);
  const undo = async () => {
    if (!found) return rm(point, { recursive: true, force: true });
    for (const name of await readdir(point)) await rm(join(point, name), { recursive: true, force: true });
  };
  try {
    await mkdir(point, { recursive: true }).catch((cause: Error) => {
      throw commandError(`Cannot make the mount point ${point}: ${cause.message}. Name another by --mount-point.`);
    });
    const count = await downloadUri(workspace, uri, point);
    // A datastore may be empty; what an asset names is not.
    if (count === 0 && !uri.endsWith('/paths/')) throw commandError(`There is nothing to mount at ${uri}.`);
    for (const entry of await readdir(point, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o444);
    context.warn(`Mounted ${uri} at ${point} as a copy of ${count} files. Delete the folder to unmount it.`);
  } catch (error) {
    await undo();
    throw error;
  }
}
