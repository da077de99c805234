import { gitIn } from '../../kernel/source-tree.ts';
import {
  judgeTrigger,
  readTriggers,
  type TriggerEvent,
  type Triggers,
  type TriggerVerdict,
} from '../../language/index.ts';
import { flag, UsageError, value, values } from '../arguments.ts';
import type { Arguments, CommandDefinition } from '../command.ts';
import { compilePipeline } from '../compile-pipeline.ts';
import { exitCode } from '../exit-code.ts';
import type { CliIo } from '../io.ts';
import { compileOptions } from '../pipeline-options.ts';
import { reportDiagnostics } from '../pipeline-report.ts';
import { createStyle, type Style, wantsColour } from '../view/style.ts';
import { plainText } from '../view/text-width.ts';

export const triggers: CommandDefinition = {
  name: 'triggers',
  summary: 'Say whether a push, a pull request or a time would start a run, and why',
  description:
    'Without --tag, --pr, --at and --completed it is a push to --branch, or to the branch that is checked out. Nothing is started: a run of\nMillrace starts when you start it. Needs no server. Exit code 0: it would run; 1: it would not; 2: the arguments or the pipeline are wrong.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: [
    { name: 'branch', short: 'b', value: 'BRANCH', summary: 'the branch that is pushed to, scheduled or completed' },
    {
      name: 'changed',
      short: 'c',
      value: 'PATH',
      repeatable: true,
      summary: 'a changed file, from the repository’s root',
    },
    { name: 'message', value: 'TEXT', summary: 'the message of the newest commit, which may ask for no run' },
    {
      name: 'tag',
      value: 'TAG',
      repeatable: true,
      summary: 'the tag that is pushed; with --completed, a tag of the run',
    },
    { name: 'pr', value: 'TARGET', summary: 'a pull request to this branch' },
    { name: 'draft', summary: 'the pull request is a draft' },
    { name: 'at', value: 'TIME', summary: 'the minute of a schedule, as 2026-03-01T06:00Z, or now' },
    { name: 'completed', value: 'ALIAS', summary: 'the end of a run of this pipeline resource' },
    { name: 'stage', value: 'STAGE', repeatable: true, summary: 'with --completed, a stage that was completed' },
    ...compileOptions,
    { name: 'json', summary: 'print the answer as JSON' },
  ],
  examples: [
    { line: 'millrace triggers --branch main --changed docs/a.md', says: 'whether a push of this file starts a run' },
    { line: 'millrace triggers --pr main -c src/app.py -c README.md', says: 'a pull request that changes two files' },
    { line: 'millrace triggers --branch main --at 2026-03-01T06:00Z', says: 'whether a schedule starts then' },
  ],
  async run(parsed, io) {
    const { pipeline, result, diagnostics, repositories } = await compilePipeline(parsed, io, 'triggers');
    await reportDiagnostics(io, pipeline.directory, diagnostics, repositories.fileOf);
    if (result.plan === undefined) return exitCode.usage;
    const event = await eventOf(parsed, pipeline.directory);
    const triggers = readTriggers(result.finalData);
    if (event.kind === 'completion') checkAlias(triggers, event.alias);
    const unreadable = event.kind === 'schedule' ? result.warnings.filter((one) => one.code === 'cron-unreadable') : [];
    await reportDiagnostics(io, pipeline.directory, unreadable, repositories.fileOf);
    const verdict = judgeTrigger(triggers, event);
    if (flag(parsed, 'json')) io.stdout.write(`${JSON.stringify({ ...verdict, event }, null, 2)}\n`);
    else say(io, event, pipeline.file, verdict);
    // Where a schedule can't be read, that no other starts a run is no answer.
    return verdict.runs ? exitCode.succeeded : unreadable.length > 0 ? exitCode.usage : exitCode.failed;
  },
};

function checkAlias({ pipelines }: Triggers, alias: string): void {
  if (pipelines.some((one) => one.alias.toLowerCase() === alias.toLowerCase())) return;
  const known = pipelines.map((one) => one.alias).join(', ') || 'none';
  throw new UsageError(`--completed: resources.pipelines has no '${alias}'; it has: ${known}`, 'triggers');
}

/** @throws UsageError for options that don't go together, and for a time that can't be read */
async function eventOf(parsed: Arguments, directory: string): Promise<TriggerEvent> {
  const kinds = ['pr', 'at', 'completed'].filter((name) => parsed.values.has(name));
  const [first, second] = kinds;
  if (second !== undefined)
    throw new UsageError(`--${first} and --${second} are different events: give one`, 'triggers');
  const needs: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    ['draft', ['pr']],
    ['stage', ['completed']],
    ['message', [undefined]],
    ['changed', [undefined, 'pr']],
    ['tag', [undefined, 'completed']],
    ['branch', [undefined, 'at', 'completed']],
  ];
  for (const [name, allowed] of needs)
    if (parsed.values.has(name) && !allowed.includes(first))
      throw new UsageError(`--${name} says nothing about ${first === undefined ? 'a push' : `--${first}`}`, 'triggers');
  const changed = parsed.values.has('changed') ? { changed: values(parsed, 'changed') } : {};
  const branch = async () => refOf(value(parsed, 'branch') ?? (await checkedOut(directory)), 'heads');
  switch (first) {
    case 'pr':
      return {
        kind: 'pull-request',
        target: refOf(value(parsed, 'pr')!, 'heads'),
        ...changed,
        draft: flag(parsed, 'draft'),
      };
    case 'at':
      return { kind: 'schedule', branch: await branch(), at: timeOf(value(parsed, 'at')!) };
    case 'completed': {
      const [alias, tags, stages] = [value(parsed, 'completed')!, values(parsed, 'tag'), values(parsed, 'stage')];
      return { kind: 'completion', alias, branch: await branch(), tags, stages };
    }
    default: {
      const message = value(parsed, 'message');
      const tags = values(parsed, 'tag');
      if (tags.length > 1 || (tags.length === 1 && parsed.values.has('branch')))
        throw new UsageError('a push is that of one branch or of one tag: give --branch or one --tag', 'triggers');
      const ref = tags[0] === undefined ? await branch() : refOf(tags[0], 'tags');
      return { kind: 'push', ref, ...changed, ...(message === undefined ? {} : { message }) };
    }
  }
}

async function checkedOut(directory: string): Promise<string> {
  const branch = await gitIn(directory)('symbolic-ref', '--quiet', 'HEAD');
  if (branch === '') throw new UsageError('no branch is checked out here: name one with --branch', 'triggers');
  return branch;
}

function refOf(name: string, kind: 'heads' | 'tags'): string {
  return name.startsWith('refs/') ? name : `refs/${kind}/${name}`;
}

function timeOf(text: string): number {
  if (text === 'now') return Date.now();
  // Schedules are in UTC, and so is a time without a zone.
  const isWithoutZone = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?$/.test(text);
  const time = Date.parse(isWithoutZone ? `${text.replace(' ', 'T')}${text.length > 10 ? 'Z' : ''}` : text);
  if (Number.isNaN(time))
    throw new UsageError(`--at needs a time such as 2026-03-01T06:00Z, not '${text}'`, 'triggers');
  return time;
}

function say(io: CliIo, event: TriggerEvent, file: string, verdict: TriggerVerdict): void {
  const style = createStyle(wantsColour(io.stdout, io.env));
  const would = verdict.runs ? style.green('would run') : style.yellow('would not run');
  const lines = [
    `${capital(describe(event))} ${would} ${file}.`,
    ...verdict.reasons.map((one) => `  ${markOf(one.weight, style)} ${one.text}`),
  ];
  io.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function describe(event: TriggerEvent): string {
  const short = (ref: string) => plainText(ref.replace(/^refs\/(heads|tags)\//, ''));
  switch (event.kind) {
    case 'push':
      return `a push of ${event.ref.startsWith('refs/tags/') ? `tag ${short(event.ref)}` : short(event.ref)}`;
    case 'pull-request':
      return `a pull request to ${short(event.target)}`;
    case 'schedule':
      return `the time ${new Date(event.at).toISOString().slice(0, 16)}Z on ${short(event.branch)}`;
    case 'completion':
      return `a completed run of ${plainText(event.alias)} on ${short(event.branch)}`;
  }
}

function markOf(weight: 'for' | 'against' | 'note', style: Style): string {
  switch (weight) {
    case 'for':
      return style.green('+');
    case 'against':
      return style.yellow('-');
    case 'note':
      return style.dim('·');
  }
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
