import { value } from '../arguments.ts';
import type { CommandDefinition } from '../command.ts';
import { compilePipeline } from '../compile-pipeline.ts';
import { exitCode } from '../exit-code.ts';
import type { CliIo } from '../io.ts';
import { compileOptions } from '../pipeline-options.ts';
import { reportDiagnostics } from '../pipeline-report.ts';
import { graphLines } from '../view/graph-terminal.ts';
import { dotText, mermaidText } from '../view/graph-text.ts';
import { type PlanGraph, planGraph } from '../view/plan-graph.ts';
import { createStyle, wantsColour } from '../view/style.ts';

export const graph: CommandDefinition = {
  name: 'graph',
  summary: "Draw a pipeline's stages and jobs with what they wait for",
  description:
    'A rail runs from each stage and job to those that wait for it. Matrix legs, deployments and conditions other than succeeded() are\nnamed. Needs no server.',
  positionals: [{ name: 'FILE', summary: 'the pipeline; azure-pipelines.yml when not given', required: false }],
  options: [
    ...compileOptions,
    {
      name: 'output',
      short: 'o',
      value: 'FORMAT',
      choices: ['text', 'mermaid', 'dot', 'json'],
      summary: 'text (the default), mermaid for Markdown, dot for Graphviz, or json',
    },
  ],
  examples: [
    { line: 'millrace graph', says: 'on the terminal' },
    { line: 'millrace graph -o dot | dot -Tsvg > pipeline.svg', says: 'a picture, by Graphviz' },
  ],
  async run(parsed, io) {
    const { pipeline, result, diagnostics, repositories } = await compilePipeline(parsed, io, 'graph');
    // What a run would warn of does not change the picture; validate says it.
    await reportDiagnostics(io, pipeline.directory, diagnostics, repositories.fileOf);
    if (result.plan === undefined) return exitCode.usage;
    io.stdout.write(printed(planGraph(result.plan), value(parsed, 'output') ?? 'text', io));
    return exitCode.succeeded;
  },
};

function printed(shown: PlanGraph, format: string, io: CliIo): string {
  switch (format) {
    case 'mermaid':
      return mermaidText(shown);
    case 'dot':
      return dotText(shown);
    case 'json':
      return `${JSON.stringify(shown, null, 2)}\n`;
    default: {
      const columns = io.stdout.columns ?? Number.POSITIVE_INFINITY;
      const lines = graphLines(shown, columns, createStyle(wantsColour(io.stdout, io.env)));
      return lines.map((line) => `${line.trimEnd()}\n`).join('');
    }
  }
}
