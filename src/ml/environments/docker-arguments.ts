import { invalid } from '../../kernel/errors.ts';

/** One option of `docker run`, with its value where it has one. */
export type DockerOption = {
  /** The long name without dashes: `memory`, also for `-m`. */
  readonly name: string;
  /** The arguments as they are handed on. */
  readonly words: readonly string[];
};

/** How far the `docker_args` of jobs may go: what shapes their own container, or everything (`MILLRACE_DOCKER_ARGS=any`). */
export type DockerArgumentsPolicy = 'inside' | 'any';

const SHORT: Readonly<Record<string, string>> = {
  c: 'cpu-shares',
  d: 'detach',
  e: 'env',
  h: 'hostname',
  l: 'label',
  m: 'memory',
  u: 'user',
  v: 'volume',
  w: 'workdir',
};

const FLAGS = /^(?:init|read-only|no-healthcheck)$/;

/** Options with a value that only limit a container or say what is in it, and the values that they may have. */
const VALUES: readonly (readonly [RegExp, RegExp])[] = [
  [/^(?:memory|memory-swap|memory-reservation|memory-swappiness|kernel-memory|shm-size|pids-limit|ulimit)$/, /./],
  [/^(?:cpus|cpu-shares|cpu-period|cpu-quota|cpuset-cpus|cpuset-mems)$/, /./],
  [/^(?:blkio-weight|stop-signal|stop-timeout|sysctl|cap-drop|gpus|hostname)$/, /./],
  [/^(?:add-host|dns|dns-option|dns-search|tmpfs|workdir|platform)$/, /./],
  // A name alone would take the server's own variable.
  [/^env$/, /^[^=]+=/],
  // By these the containers of a job are found again.
  [/^label$/, /^(?!millrace\.)/],
  [/^(?:network|net)$/, /^(?:host|none|bridge|default|private)$/],
  [/^ipc$/, /^(?:private|none)$/],
];

/** What a job's process is followed and found by. */
const OURS = /^(?:name|rm|detach|entrypoint|cidfile)$/;

/**
 * Reads `docker_args`: a text, divided as a shell divides words, or a list of arguments.
 * @throws invalid for what is not closed or, under `inside`, reaches out of the container
 */
export function readDockerArguments(
  given: string | readonly string[],
  policy: DockerArgumentsPolicy,
): readonly DockerOption[] {
  const words = typeof given === 'string' ? shellWords(given) : given;
  const options: DockerOption[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const { name, value } = nameOf(word);
    if (name === undefined) {
      // Under `any`, the value of an option that is not known here; the program judges it.
      if (policy === 'inside' || options.length === 0)
        throw invalid(
          `docker_args: '${shown(word)}' is no option of docker run. Write options as '--name=value'.`,
          TARGET,
        );
      const last = options.pop() as DockerOption;
      options.push({ name: last.name, words: [...last.words, word] });
      continue;
    }
    if (OURS.test(name))
      throw invalid(`docker_args: '--${name}' is set by Millrace, which follows the job by it. Leave it out.`, TARGET);
    if (name === 'label' && /^millrace\./.test(value ?? words[index + 1] ?? ''))
      throw invalid("docker_args: labels that begin with 'millrace.' are set by Millrace. Leave them out.", TARGET);
    const rule = VALUES.find(([names]) => names.test(name))?.[1];
    if (rule === undefined) {
      if (policy === 'inside' && !FLAGS.test(name)) throw reachesOut(word, name);
      options.push({ name, words: [word] });
      continue;
    }
    const text = value ?? words[++index];
    if (text === undefined) throw invalid(`docker_args: '${shown(word)}' lacks its value.`, TARGET);
    if (policy === 'inside' && !rule.test(text)) throw reachesOut(`--${name}=${text}`, name);
    options.push({ name: name === 'net' ? 'network' : name, words: value === undefined ? [word, text] : [word] });
  }
  return options;
}

const TARGET = { target: 'dockerArgs', wire: 'UserError' };

/** A name, and a value that stands in the same word: `--memory=2g`, `-m2g`, `-m=2g`. */
function nameOf(word: string): { name?: string; value?: string } {
  const long = /^--([a-z][a-z0-9-]*)(?:=([\s\S]*))?$/.exec(word);
  if (long) return { name: long[1] as string, ...(long[2] === undefined ? {} : { value: long[2] }) };
  const short = /^-([a-zA-Z])(?:=?([\s\S]+))?$/.exec(word);
  if (!short) return {};
  const letter = short[1] as string;
  return {
    name: SHORT[letter] ?? letter,
    ...(short[2] === undefined ? {} : { value: short[2] }),
  };
}

/** What to use in place of what is refused. */
const INSTEAD: Readonly<Record<string, string>> = {
  ipc: "for more shared memory, set 'resources.shm_size'",
  volume: "hand data in by the job's inputs and outputs",
  mount: "for a folder in memory use --tmpfs, else hand data in by the job's inputs and outputs",
  env: "write the value, or use 'environment_variables'",
};

function reachesOut(word: string, name: string): Error {
  const instead = INSTEAD[name] === undefined ? 'Leave it out' : `Leave it out (${INSTEAD[name]})`;
  return invalid(
    `docker_args: '${shown(word)}' is not among what a job may say of its own container; arguments that reach out of it are refused here. ${instead}, or start the server with MILLRACE_DOCKER_ARGS=any.`,
    TARGET,
  );
}

const shown = (word: string) => word.slice(0, 120);

/** Words as a shell divides them: blanks outside quotes, `\` before one character. @throws invalid for a quote that is not closed */
function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const letter = text[index] as string;
    if (quote === "'" || (quote === '"' && letter !== '\\')) {
      if (letter === quote) quote = '';
      else word += letter;
    } else if (letter === '\\') word = (word ?? '') + (text[++index] ?? '');
    else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== '') throw invalid(`docker_args: a quote (${quote}) is not closed.`, TARGET);
  if (word !== undefined) words.push(word);
  return words;
}
