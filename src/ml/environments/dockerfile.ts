import { readFileSync } from 'node:fs';
import { basename, join, normalize } from 'node:path';
import { contextFile } from './context-file.ts';

/** What of a Dockerfile a Python environment on the machine can have. */
export type DockerfileOutline = {
  /** The image of its last stage, as written. */
  readonly base: string;
  /** Lines of requirements that its steps install with pip. */
  readonly requirements: readonly string[];
  /** The text of a conda file that a step makes an environment of. */
  readonly condaFile?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Instructions that a folder of packages cannot carry out. */
  readonly leftOut: readonly string[];
};

const FILE_LIMIT = 1024 * 1024;
/** Options of `pip install` that take a value after them. */
const WITH_VALUE =
  /^(?:-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host|-t|--target|--root|--prefix|--timeout|-c|--constraint)$/;
/** Instructions that say how a container is run, or nothing to a Python environment. */
const NO_MATTER =
  /^(?:ARG|CMD|ENTRYPOINT|EXPOSE|LABEL|MAINTAINER|SHELL|STOPSIGNAL|USER|WORKDIR|HEALTHCHECK|ONBUILD|VOLUME|COPY|ADD)$/;

/**
 * Reads a Dockerfile for what it installs with pip or conda, so that its jobs can run without containers as nearly as possible.
 * @param folder the build context, whose files the steps name
 * @returns what is carried over and what is left out
 */
export function outlineDockerfile(text: string, folder: string): DockerfileOutline {
  let base = '';
  let requirements: string[] = [];
  let leftOut: string[] = [];
  let condaFile: string | undefined;
  let env: Record<string, string> = {};
  let copied = new Map<string, string>();
  const contextFile = (named: string) => readContextFile(folder, named, copied);
  for (const { word, rest } of instructionsOf(text)) {
    if (word === 'FROM') {
      // Only the last stage is the image.
      base = rest.replace(/^--platform=\S+\s+/, '').split(/\s+/)[0] ?? '';
      requirements = [];
      leftOut = [];
      condaFile = undefined;
      env = {};
      copied = new Map();
    } else if (word === 'COPY' || word === 'ADD') noteCopies(rest, copied);
    else if (word === 'ENV') Object.assign(env, environmentOf(rest));
    else if (word === 'RUN')
      for (const command of rest.split(/&&|;|\|\|/).map((part) => part.trim())) {
        if (command === '') continue;
        const pip = /^(?:(?:\S*\/)?python\d?(?:\.\d+)?\s+-m\s+)?(?:\S*\/)?pip\d?\s+install\s+(.*)$/s.exec(command);
        const conda =
          /^(?:\S*\/)?(?:conda|mamba|micromamba)\s+(?:env\s+(?:create|update)|create|install)\b.*?(?:-f|--file)[ =](\S+)/s.exec(
            command,
          );
        const file = conda && contextFile(conda[1] as string);
        if (pip) requirements.push(...pipInstalls(pip[1] as string, contextFile, leftOut));
        else if (typeof file === 'string') condaFile = file;
        else leftOut.push(`RUN ${command}`.slice(0, 120));
      }
    else if (!NO_MATTER.test(word)) leftOut.push(`${word} ${rest}`.slice(0, 120));
  }
  return { base, requirements, ...(condaFile === undefined ? {} : { condaFile }), env, leftOut };
}

function instructionsOf(text: string): { word: string; rest: string }[] {
  const lines = text
    .slice(0, FILE_LIMIT)
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line));
  return lines
    .join('\n')
    .replaceAll(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => /^\s*([A-Za-z]+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({ word: (match[1] as string).toUpperCase(), rest: (match[2] as string).trim() }));
}

/** `A=1 B="2 3"`, or the old form `A 1 2`. */
function environmentOf(rest: string): Record<string, string> {
  if (!/^[\w.]+=/.test(rest)) {
    const [name = '', ...value] = rest.split(/\s+/);
    return { [name]: value.join(' ') };
  }
  const found: Record<string, string> = {};
  for (const match of rest.matchAll(/([\w.]+)=(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S*))/g))
    found[match[1] as string] = match[2] ?? match[3] ?? match[4] ?? '';
  return found;
}

/** The requirement lines of `pip install …`; what it cannot take over goes to `leftOut`. */
function pipInstalls(text: string, contextFile: (named: string) => string | undefined, leftOut: string[]): string[] {
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  const lines: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const [option, value] = word.split('=', 2) as [string, string | undefined];
    if (option === '-r' || option === '--requirement') {
      const named = value ?? words[++index] ?? '';
      const file = contextFile(named);
      if (file === undefined) leftOut.push(`pip install -r ${named}`);
      else lines.push(...requirementLines(file));
    } else if (/^(?:--index-url|-i|--extra-index-url)$/.test(option))
      lines.push(`${option} ${value ?? words[++index] ?? ''}`);
    else if (WITH_VALUE.test(option)) {
      if (value === undefined) index++;
    } else if (word.startsWith('-')) {
      if (option === '-e' || option === '--editable') leftOut.push(`pip install -e ${words[++index] ?? ''}`);
    } else if (/^[./]/.test(word)) leftOut.push(`pip install ${word}`);
    else lines.push(word);
  }
  return lines;
}

/** The lines of a requirements file, without comments. */
export function requirementLines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Notes what lies where in the image: `COPY a b /there/`, `COPY a /there/b`; also in brackets. */
function noteCopies(rest: string, copied: Map<string, string>): void {
  const words = [...rest.matchAll(/"([^"]*)"|[^\s,[\]"]+/g)].map((match) => match[1] ?? match[0]);
  if (words.some((word) => word.startsWith('--from='))) return;
  const paths = words.filter((word) => !word.startsWith('--'));
  const target = paths.pop() ?? '';
  for (const source of paths) {
    const isFolder = target.endsWith('/') || /^\.?$/.test(target) || paths.length > 1;
    copied.set(normalize(isFolder ? join(target, basename(source)) : target), source);
  }
}

/** A file of the context by the path that it has in the image: as it was copied there, the same path, or its name. Undefined when there is none. */
function readContextFile(folder: string, named: string, copied: ReadonlyMap<string, string>): string | undefined {
  const source = copied.get(normalize(named));
  for (const candidate of [...(source === undefined ? [] : [source]), named.replace(/^\/+/, ''), basename(named)]) {
    let path: string | undefined;
    try {
      path = contextFile(folder, candidate);
    } catch {
      continue;
    }
    if (path !== undefined) return readFileSync(path, 'utf8').slice(0, FILE_LIMIT);
  }
  return undefined;
}
