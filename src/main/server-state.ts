import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSecret } from '../kernel/ids.ts';
import { replaceFile } from '../kernel/replace-file.ts';

/** What a server keeps from one start to the next, so that agents and scripts which outlive it find it again. */
export type ServerState = {
  /** The port of the last start; 0 before the first. */
  readonly port: number;
  /** The owner's token. */
  readonly token: string;
  /** The secret that callers of the managed identity endpoint show. */
  readonly identityHeader: string;
};

const fileOf = (home: string) => join(home, 'server-state.json');

/** Reads the state; makes its secrets at first start. Lost or damaged, it is made anew: nothing but tokens depends on it. */
export async function readServerState(home: string): Promise<ServerState> {
  const found = await readFile(fileOf(home), 'utf8')
    .then((text) => JSON.parse(text) as Partial<ServerState>)
    .catch(() => ({}) as Partial<ServerState>);
  const state = {
    port: typeof found.port === 'number' ? found.port : 0,
    token: found.token ?? newSecret(),
    identityHeader: found.identityHeader ?? newSecret(),
  };
  if (found.token === undefined || found.identityHeader === undefined) await writeServerState(home, state);
  return state;
}

export async function writeServerState(home: string, state: ServerState): Promise<void> {
  await replaceFile(fileOf(home), `${JSON.stringify(state, undefined, 2)}\n`);
}
