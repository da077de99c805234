import { join } from 'node:path';

/** What of the user's own environment an ML job's processes keep. */
const KEPT_VARIABLES = [
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'PATH',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
];

/** The user's variables that an ML job's processes keep. */
export function basicEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(KEPT_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Where the user's own az keeps its extensions (client source). */
export function extensionFolders(env: NodeJS.ProcessEnv): string[] {
  const configuration = env['AZURE_CONFIG_DIR'] ?? join(env['HOME'] ?? '/', '.azure');
  return [env['AZURE_EXTENSION_DIR'] ?? '', join(configuration, 'cliextensions')].filter((folder) => folder !== '');
}
