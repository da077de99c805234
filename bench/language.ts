import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { compile } from '../src/language/index.ts';
import { jsonSchema } from '../src/language/json-schema.ts';
import { longPipeline } from './long-pipeline.ts';
import { median, type Row, timed } from './measure.ts';

const noFiles = { read: async () => undefined };

/** Compiling a long pipeline, from text to plan, against parsing its text alone and against the editor's language service. */
export async function compileLongPipeline(rounds: number): Promise<Row[]> {
  const text = longPipeline(2400);
  const what = `compile of a pipeline of 2,400 steps, ${Math.round(text.length / 1000)} KB, warm, to the plan`;
  const service = editorService();
  const ours: number[] = [];
  const library: number[] = [];
  const editor: number[] = [];
  for (let round = -3; round < rounds; round++) {
    const taken = await timed(async () => {
      const { plan } = await compile({ file: '/long.yml', text, files: noFiles });
      if (plan?.stages[0]?.jobs.length !== 100) throw new Error('the long pipeline does not compile');
    });
    const parsed = await timed(() => {
      parseDocument(text, { lineCounter: new LineCounter() });
    });
    const judged = service && (await timed(() => service(text)));
    if (round < 0) continue;
    ours.push(taken);
    library.push(parsed);
    if (judged !== undefined) editor.push(judged);
  }
  const row = { what, ours: median(ours), rounds };
  return [
    { ...row, against: '`parseDocument` of `yaml`, with `LineCounter`', theirs: median(library), goal: 1.3 },
    ...(service
      ? [
          {
            ...row,
            against: 'azure-pipelines-language-service, by our JSON Schema',
            theirs: median(editor),
            goal: 0.33,
          },
        ]
      : []),
  ];
}

/** Expanding and planning jobs that an `each` makes: time a job with many against time a job with few. */
export async function expandJobs(rounds: number): Promise<Row[]> {
  const text =
    'parameters:\n- name: names\n  type: object\njobs:\n- ${{ each name in parameters.names }}:\n  - job: job_${{ name }}\n' +
    '    displayName: Job ${{ name }}\n    steps:\n    - bash: echo ${{ name }}\n';
  const limits = { memoryBytes: Number.POSITIVE_INFINITY, events: Number.POSITIVE_INFINITY };
  const expand = async (count: number) => {
    const names = Array.from({ length: count }, (_, index) => `n${index}`);
    return timed(async () => {
      const { plan } = await compile({ file: '/each.yml', text, files: noFiles, parameters: { names }, limits });
      if (plan?.stages[0]?.jobs.length !== count) throw new Error(`${count} jobs do not compile`);
    });
  };
  const taken = new Map<number, number[]>([1_000, 10_000, 100_000].map((count) => [count, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [count, times] of taken) {
      const time = await expand(count);
      if (round >= 0) times.push(time);
    }
  }
  const few = median(taken.get(1_000)!);
  return [10_000, 100_000].map((count) => {
    const many = median(taken.get(count)!);
    return {
      what: `${count.toLocaleString('en')} jobs by \`each\`, to the plan`,
      against: `${count / 1_000} times 1,000 jobs`,
      ours: many,
      theirs: (few * count) / 1_000,
      rounds,
      note: `${((many * 1_000) / count).toFixed(1)} µs a job (goal: 20)`,
    };
  });
}

/**
 * The language service of the editors' extension, fetched for this run, with the grammar as its rules but without the tasks'
 * inputs. Undefined where it can't be had.
 */
function editorService(): ((text: string) => Promise<unknown>) | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-language-service-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const done = spawnSync('npm', ['install', '--silent', '--prefix', folder, 'azure-pipelines-language-service@0.9.2'], {
    encoding: 'utf8',
  });
  if (done.status !== 0) {
    console.error(`azure-pipelines-language-service: not measured, it could not be installed: ${done.stderr}`);
    return undefined;
  }
  const load = createRequire(join(folder, 'package.json'));
  const { getLanguageService, parse } = {
    ...load('azure-pipelines-language-service'),
    ...load('azure-pipelines-language-service/lib/parser/yamlParser.js'),
  };
  const { TextDocument } = load('vscode-languageserver-textdocument');
  const rules = 'file:///rules.json';
  const service = getLanguageService(
    async () => structuredClone(jsonSchema()),
    [],
    async () => rules,
  );
  service.configure({ validate: true });
  return async (text) => {
    const document = TextDocument.create('file:///long.yml', 'azure-pipelines', 1, text);
    // It writes its steps to the console.
    const { log } = console;
    console.log = () => {};
    try {
      return await service.doValidation(document, parse(text));
    } finally {
      console.log = log;
    }
  };
}
