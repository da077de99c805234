import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { homeFolder, makeHomeFolder } from './home-folder.ts';

/**
 * Lets Node keep the compiled form of what this process loads, in the data directory: most of a short command's time is compiling.
 * To be called before anything large is imported. Not in the system's shared temporary folder, which is Node's own choice: there
 * another user could lay compiled code out for us. Without a writable folder everything works, only slower.
 */
export function keepCompiled(home: string = homeFolder(process.env)): void {
  try {
    makeHomeFolder(home);
  } catch {
    return; // Whatever needs the folder says what is wrong with it.
  }
  enableCompileCache(join(home, 'compiled'));
}
