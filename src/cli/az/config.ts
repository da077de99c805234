import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** az's settings: the INI file `config` of the configuration directory, under the environment's variables. */
export type Config = {
  /** `$AZURE_CONFIG_DIR`, by default `~/.azure`. */
  readonly directory: string;
  /** A setting; `AZURE_<SECTION>_<KEY>` in the environment wins over the file, as in az. */
  get(section: string, key: string): string | undefined;
  /** All settings of the file, by section. */
  sections(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Writes settings; an empty value removes the key. */
  set(section: string, values: Readonly<Record<string, string>>): void;
};

type Sections = Record<string, Record<string, string>>;

/** Opens the settings; reads the file at first use. */
export function openConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const directory = env['AZURE_CONFIG_DIR'] || join(env['HOME'] || homedir(), '.azure');
  const file = join(directory, 'config');
  let loaded: Sections | undefined;
  const sections = () => {
    loaded ??= parseIni(readText(file));
    return loaded;
  };
  return {
    directory,
    get(section, key) {
      const fromEnvironment = env[`AZURE_${section}_${key}`.toUpperCase().replaceAll('-', '_')];
      return fromEnvironment || sections()[section]?.[key.toLowerCase()] || undefined;
    },
    sections,
    set(section, values) {
      const all = sections();
      const target = all[section] ?? {};
      for (const [key, value] of Object.entries(values)) {
        if (value === '') delete target[key.toLowerCase()];
        else target[key.toLowerCase()] = value;
      }
      all[section] = target;
      if (Object.keys(target).length === 0) delete all[section];
      writeOwnerOnly(file, formatIni(all));
    },
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Writes a file of the configuration directory whole or not at all, readable by the user only. */
export function writeOwnerOnly(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${Math.trunc(performance.now() * 1000)}`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, file);
}

/** Parses the INI dialect of az's configuration: sections, `key = value`, `#` and `;` comments. Keys are lower-cased. */
function parseIni(text: string): Sections {
  const sections: Sections = {};
  let current: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (!trimmed || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
    const header = /^\[(.+)\]$/.exec(trimmed);
    if (header?.[1]) {
      current = sections[header[1]] ??= {};
      continue;
    }
    const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(trimmed);
    if (pair?.[1] && current) current[pair[1].toLowerCase()] = pair[2] ?? '';
  }
  return sections;
}

function formatIni(sections: Sections): string {
  return Object.entries(sections)
    .map(([name, values]) => {
      const lines = Object.entries(values).map(([key, value]) => `${key} = ${value.replaceAll('\n', ' ')}`);
      return `[${name}]\n${lines.join('\n')}\n`;
    })
    .join('\n');
}
