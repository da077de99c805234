import type { VariableValue } from '../../contracts/agent.ts';
import { invalid } from '../../kernel/errors.ts';
import { guidOf } from '../../kernel/ids.ts';
import { expandVariables, isRuntimeExpression } from '../../language/expressions/index.ts';
import type { Plan } from '../../language/index.ts';
import { expandRunName, runNameKey, runNameNeedsRevision } from '../../language/index.ts';
import type { Writer } from '../../store/index.ts';
import { nextNumber } from '../counters.ts';
import type { DevopsTables } from '../tables.ts';
import { evaluateVariables, layerVariables, lookupIn, pipelineContext, writtenVariables } from './contexts.ts';
import type { RunInfo } from './run-info.ts';
import type { Variables } from './state.ts';

/** What a run begins as: its compiled plan, and what is known of it but for its variables. */
export type QueueInput = {
  readonly plan: Plan;
  readonly info: Omit<RunInfo, 'variables'>;
};

/** Gives a run its id and its number: `Rev` counts per otherwise equal name of a pipeline (documented). */
export async function numberOfRun(
  writer: Writer<DevopsTables>,
  input: QueueInput,
  date: Date,
): Promise<{ runId: number; number: string }> {
  const runId = await nextNumber(writer, 'run');
  const { info, plan } = input;
  const plain = plan.variables.filter((entry) => entry.kind === 'group' || !isRuntimeExpression(entry.value));
  const known: Variables = layerVariables(info.queueVariables, writtenVariables(plain, info.groups ?? {}), {
    BuildDefinitionName: { value: info.definition.name },
    'Build.DefinitionName': { value: info.definition.name },
    BuildID: { value: String(runId) },
    'Build.BuildId': { value: String(runId) },
    SourceBranchName: { value: info.source.branch.split('/').at(-1) ?? '' },
    'Build.SourceBranchName': { value: info.source.branch.split('/').at(-1) ?? '' },
    'Build.SourceBranch': { value: info.source.branch },
    'Build.SourceVersion': { value: info.source.version },
    'Build.Reason': { value: info.reason },
    TeamProject: { value: info.project.name },
    'System.TeamProject': { value: info.project.name },
  });
  // A number is shown everywhere, and counted by: a secret has no place in it.
  const shown = Object.entries(expandVariables(known)).map(([name, one]): [string, VariableValue] => [
    name,
    one.isSecret ? { value: '***' } : one,
  ]);
  const variables = lookupIn(Object.fromEntries(shown));
  const revision = runNameNeedsRevision(plan.name)
    ? await nextNumber(writer, `rev/${info.definition.id}/${runNameKey(plan.name, { date, variables })}`)
    : 1;
  return { runId, number: expandRunName(plan.name, { date, variables, revision }) };
}

/**
 * Evaluates the root variables over those of queue time. Counters are drawn in this transaction, so that a run that isn't queued uses none up.
 * @throws ExpressionError of a root variable
 */
export async function rootVariables(
  writer: Writer<DevopsTables>,
  input: QueueInput,
  system: Variables,
): Promise<Variables> {
  const { plan, info } = input;
  const drawn = new Map<string, number>();
  const outer = layerVariables(system, info.queueVariables);
  const resources = {
    repositories: {
      self: { name: info.source.repositoryName, ref: info.source.branch, version: info.source.version, type: 'git' },
      ...Object.fromEntries(
        Object.values(info.repositories ?? {}).map(({ alias, name, url, ref, version }) => [
          alias,
          { id: guidOf(url), name, ref, type: 'git', url, version },
        ]),
      ),
    },
  };
  // A counter is asked for in the middle of an evaluation and drawn from the database: evaluate until no new one appears.
  for (let round = 0; round <= plan.variables.length; round++) {
    const asked: { key: string; seed: number }[] = [];
    const made = evaluateVariables(
      plan.variables,
      outer,
      {
        secrets: [],
        resources,
        pipeline: pipelineContext(system),
        counter(prefix, seed) {
          const key = `counter/${info.definition.id}/${prefix}`;
          const value = drawn.get(key);
          if (value === undefined) asked.push({ key, seed });
          return value ?? seed;
        },
      },
      info.groups ?? {},
    );
    if (asked.length === 0) return layerVariables(info.queueVariables, made);
    for (const { key, seed } of asked) if (!drawn.has(key)) drawn.set(key, await nextNumber(writer, key, seed));
  }
  throw invalid('The counters of the pipeline’s variables depend on each other in a circle.');
}
