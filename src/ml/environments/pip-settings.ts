import { readFileSync } from 'node:fs';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** pip's settings and the uv variables that mean the same. Values of pip that hold several are divided by blanks, as uv's are. */
const SAME: Readonly<Record<string, string>> = {
  'index-url': 'UV_DEFAULT_INDEX',
  'extra-index-url': 'UV_INDEX',
  'find-links': 'UV_FIND_LINKS',
  'no-index': 'UV_NO_INDEX',
  'trusted-host': 'UV_INSECURE_HOST',
  cert: 'SSL_CERT_FILE',
  proxy: 'ALL_PROXY',
};

/**
 * The variables that make uv ask the package index that the machine's pip is set up for: pip's configuration files and `PIP_*`.
 * What the environment says to uv itself stays in force.
 * @returns only what has to be added to `env`
 */
export function uvSettings(env: Env, platform: NodeJS.Platform = process.platform): Record<string, string> {
  const pip = pipSettings(env, platform);
  const settings: Record<string, string> = {};
  for (const [name, variable] of Object.entries(SAME)) {
    const value = pip[name];
    if (value && env[variable] === undefined) settings[variable] = value;
  }
  // pip looks at all its indexes and takes the best version; uv's default stops at the first index that knows the name.
  if (pip['extra-index-url'] && env.UV_INDEX_STRATEGY === undefined) settings.UV_INDEX_STRATEGY = 'unsafe-best-match';
  return settings;
}

/** pip's settings by name (`index-url`), later files over earlier ones, variables over files. */
function pipSettings(env: Env, platform: NodeJS.Platform): Record<string, string> {
  const settings: Record<string, string> = {};
  if (env.PIP_CONFIG_FILE !== '/dev/null') {
    for (const file of pipFiles(env, platform)) Object.assign(settings, readIni(file));
  }
  for (const [variable, value] of Object.entries(env)) {
    const name = /^PIP_([A-Z_]+)$/.exec(variable)?.[1];
    if (name && name !== 'CONFIG_FILE' && value) settings[name.toLowerCase().replaceAll('_', '-')] = value;
  }
  return settings;
}

/** In pip's order: the machine's, the user's, the one that `PIP_CONFIG_FILE` names (documented). */
function pipFiles(env: Env, platform: NodeJS.Platform): string[] {
  const home = env.HOME ?? '';
  const files = ['/etc/xdg/pip/pip.conf', '/etc/pip.conf'];
  if (platform === 'darwin') files.push('/Library/Application Support/pip/pip.conf');
  if (home !== '') {
    files.push(join(home, '.pip', 'pip.conf'));
    if (platform === 'darwin') files.push(join(home, 'Library', 'Application Support', 'pip', 'pip.conf'));
    files.push(join(env.XDG_CONFIG_HOME ?? join(home, '.config'), 'pip', 'pip.conf'));
  }
  if (env.PIP_CONFIG_FILE) files.push(env.PIP_CONFIG_FILE);
  return files;
}

/** The sections `global` and `install` of an INI file; an indented line continues the value before it. */
function readIni(file: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  let last = '';
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[([^\]]+)\]\s*$/.exec(line);
    const pair = /^([A-Za-z][\w-]*)\s*[=:]\s*(.*)$/.exec(line);
    if (header) {
      section = sections[header[1] as string] ??= {};
      last = '';
    } else if (/^\s*[#;]/.test(line) || line.trim() === '') {
      // a comment or a blank line
    } else if (/^\s/.test(line) && last !== '') {
      section[last] = `${section[last] ?? ''} ${line.trim()}`.trim();
    } else if (pair) {
      last = (pair[1] as string).toLowerCase().replaceAll('_', '-');
      section[last] = (pair[2] as string).trim();
    }
  }
  return { ...sections.global, ...sections.install };
}
