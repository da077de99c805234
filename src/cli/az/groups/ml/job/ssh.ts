import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Args, Argument } from '../../../command.ts';
import { commandError } from '../../../errors.ts';

export const privateKeyArgument: Argument = {
  name: 'private_key',
  options: ['--private-key-file-path', '-f'],
  kind: 'value',
  literal: true,
  help: 'Absolute path of the private key file for the connection.',
};

/** @throws for a private key that is named and not there, before anything is asked of the server, as the public client does */
export function checkPrivateKey(args: Args, cwd: string): void {
  const key = args.text('private_key');
  if (key !== undefined && !statSync(resolve(cwd, key), { throwIfNoEntry: false })?.isFile())
    throw commandError(`There is no file on target path: ${key}. Pass the path of a private key.`);
}
