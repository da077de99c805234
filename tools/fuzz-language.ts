// `npm run fuzz [FILES] [SEED]`: mutated pipelines through the compiler. Whatever the bytes, it must answer with diagnostics or a plan, in
// bounded time, twice the same; and what it prints must compile to itself. Ends with 1 at the first file that breaks this, and prints it.
import { type CompileInput, type CompileResult, compile } from '../src/language/index.ts';
import { readCases } from '../src/language/testdata/read-cases.ts';

const longestMilliseconds = 2000;
/** What the service prints too and reads otherwise: text that is an expression, a trigger that is off, text that spells null; keys longer than a reader takes. */
const notReadBack = [/\$\{\{/, /^(trigger|pr):\n {2}enabled:/m, /(: |- )(~|null|Null|NULL)$/m, /^.{1000,}:/m];

const [count = 200_000, seed = 1] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
// A file that compiles is further from what has been thought of when it is broken than one that is broken already.
const seeds = readCases().flatMap(({ input, sections }) => (sections.has('final') ? [input, input, input] : [input]));
const texts = await Promise.all(seeds.map(async (input) => (await input.files.read(input.file)) ?? ''));
const pieces = [...new Set(texts.flatMap((text) => text.split(/(\s+|[:,[\]{}()'"])/)))].filter((piece) => piece !== '');
const signs = [
  ...[
    '${{',
    '}}',
    '$[',
    '$(',
    ': ',
    '- ',
    '\n',
    '\r\n',
    '\t',
    '"',
    "'",
    '|',
    '>',
    '&a ',
    '*a',
    '!!str ',
    '? ',
    '# ',
    '---\n',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    '\0',
    '\ufeff',
    '\u2028',
    '\x85',
    '\ud800',
    'é',
    '%',
    '@',
    '`',
    '  ',
    '${{ each x in y }}',
    '${{ if a }}:',
  ],
];

let compiled = 0;
let slowest = 0;
const started = performance.now();
for (let index = 0; index < count; index++) {
  const pick = random(seeds.length);
  const text = mutate(texts[pick]!);
  await judge({ ...seeds[pick]!, text }, index);
  if ((index + 1) % 20_000 === 0)
    console.error(`${index + 1} files, ${compiled} compiled, slowest ${slowest.toFixed(0)} ms`);
}
console.log(
  `${count} files, seed ${seed}: ${compiled} compiled, the others refused; slowest ${slowest.toFixed(0)} ms, ` +
    `all in ${((performance.now() - started) / 1000).toFixed(0)} s`,
);

async function judge(input: CompileInput, index: number): Promise<void> {
  try {
    const before = performance.now();
    const result = await compile(input);
    const taken = performance.now() - before;
    slowest = Math.max(slowest, taken);
    if (taken > longestMilliseconds) throw new Error(`it took ${taken.toFixed(0)} ms`);
    if (JSON.stringify(summary(await compile(input))) !== JSON.stringify(summary(result))) {
      throw new Error('the same file compiled to something else');
    }
    if (!result.plan || result.finalYaml === undefined) return;
    compiled++;
    await judgePrinted(input, result.finalYaml);
  } catch (error) {
    console.error(`file ${index} of seed ${seed}: ${(error as Error).stack}\n${JSON.stringify(input.text)}`);
    process.exit(1);
  }
}

/** What was printed must compile to itself, but for what the service prints and doesn't read. */
async function judgePrinted(input: CompileInput, finalYaml: string): Promise<void> {
  if (notReadBack.some((form) => form.test(finalYaml))) return;
  const again = await compile({ ...input, text: finalYaml });
  if (again.finalYaml === finalYaml) return;
  const problem = again.diagnostics[0];
  if (problem?.code === 'template-not-found') return;
  throw new Error(
    `what was printed comes to something else: ${problem?.text ?? `\n${again.finalYaml}`}\nfrom:\n${finalYaml}`,
  );
}

function summary(result: CompileResult): unknown {
  return [result.diagnostics, result.finalYaml, result.plan];
}

function mutate(text: string): string {
  let mutated = text;
  for (let times = 1 + random(3); times > 0; times--) mutated = mutateOnce(mutated);
  return mutated;
}

function mutateOnce(text: string): string {
  const at = random(text.length + 1);
  const lines = text.split('\n');
  const line = random(lines.length);
  switch (random(9)) {
    case 0:
      return text.slice(0, at) + signs[random(signs.length)] + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random(8));
    case 2:
      return text.slice(0, at) + pieces[random(pieces.length)] + text.slice(at + random(6));
    case 3:
      return lines.toSpliced(line, 1 + random(2)).join('\n');
    case 4:
      return lines.toSpliced(line, 0, lines[random(lines.length)]!).join('\n');
    case 5:
      return lines.with(line, ' '.repeat(random(5)) + lines[line]!.trimStart()).join('\n');
    case 6:
      return lines.with(line, lines[line]!.replace(/:.*/, `: ${pieces[random(pieces.length)]}`)).join('\n');
    case 7: {
      const other = texts[random(texts.length)]!;
      const from = random(other.length);
      return text.slice(0, at) + other.slice(from, from + random(60)) + text.slice(at);
    }
    default:
      return lines.with(line, lines[random(lines.length)]!).join('\n');
  }
}

/** Numbers from 0 to below a bound, the same for the same seed (mulberry32). */
function randomFrom(start: number): (bound: number) => number {
  let state = start >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}
