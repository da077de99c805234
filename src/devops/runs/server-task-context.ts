import type { JobEndpoint, VariableValue } from '../../contracts/agent.ts';
import { callerText } from '../../contracts/caller.ts';
import type { TaskManifest } from '../../contracts/task.ts';
import { invalid } from '../../kernel/errors.ts';
import { expandMacros, expandVariables } from '../../language/expressions/index.ts';
import type { PlanStep } from '../../language/index.ts';
import { findConnection, jobEndpoint } from '../connections/connections.ts';
import { provideConnection } from '../connections/local.ts';
import { inputOf } from '../connections/named.ts';
import type { DevopsDeps } from '../deps.ts';
import { layerVariables, lookupIn } from './contexts.ts';
import type { LoadedRun } from './engine.ts';
import { jobToken, variablesOfJob } from './job-message.ts';
import { createMasker } from './masking.ts';
import { writeNotice } from './notices.ts';
import type { ServerTaskContext } from './server-task.ts';
import type { Variables } from './state.ts';
import type { RecordWrite } from './timeline.ts';

/** What a task did during one call, to be applied when its claim still holds. */
export type Collected = {
  readonly lines: string[];
  readonly records: RecordWrite[];
  readonly outputs: Record<string, VariableValue>;
};

/** Makes the context of one call of a server task. @param earlier outputs of the job's steps so far, keyed `step.variable` */
export async function serverTaskContext(
  deps: DevopsDeps,
  run: LoadedRun,
  at: { jobId: string; recordId: string; step: PlanStep; manifest: TaskManifest; earlier: Variables },
): Promise<{ context: ServerTaskContext; collected: Collected }> {
  const token = await jobToken(deps, run, at.jobId);
  const variables = layerVariables(variablesOfJob(run, at.jobId), at.earlier, {
    'system.accessToken': { value: token, isSecret: true },
    'system.taskInstanceId': { value: at.recordId },
    'system.taskInstanceName': { value: at.step.name },
    'system.taskDisplayName': { value: at.step.displayName ?? at.step.name },
  });
  const expanded = expandVariables(variables);
  const lookup = lookupIn(expanded);
  const masker = createMasker(
    Object.values(expanded).flatMap((variable) => (variable.isSecret && variable.value ? [variable.value] : [])),
  );
  const collected: Collected = { lines: [], records: [], outputs: {} };
  const input = (name: string) => {
    const manifestInput = at.manifest.inputs.find((one) => one.name.toLowerCase() === name.toLowerCase());
    const written = inputOf(at.step.inputs, name, manifestInput?.aliases ?? []);
    return expandMacros(written ?? manifestInput?.defaultValue ?? '', lookup).trim();
  };
  const { strict } = run.info.options;
  const connectionMade = async (type: string, name: string) => {
    const made = await provideConnection(deps, run.info.project.id, type, name);
    if (made.said) await writeNotice(deps, run, at.jobId, made.said, variables);
    return made.connection;
  };
  const context: ServerTaskContext = {
    input,
    expand(text, extra = {}) {
      const more = lookupIn(Object.fromEntries(Object.entries(extra).map(([name, value]) => [name, { value }])));
      return expandMacros(text, (name) => more(name) ?? lookup(name));
    },
    variable: lookup,
    async endpoint(name) {
      const wanted = input(name);
      if (wanted === '')
        throw invalid(`Input '${name}' of task ${at.manifest.name} is empty: name a service connection there.`);
      const type = /^connectedService:([^:]+)/i.exec(
        at.manifest.inputs.find((one) => one.name.toLowerCase() === name.toLowerCase())?.type ?? '',
      )?.[1];
      const found =
        (await findConnection(deps.store.read, deps.vault, run.info.project.id, wanted)) ??
        (strict || type === undefined ? undefined : await connectionMade(type, wanted));
      if (!found)
        throw invalid(
          `Step ${at.step.name} input ${name} references service connection ${wanted} which could not be found. The service connection does not exist or has not been authorized for use.`,
        );
      const endpoint = jobEndpoint(found);
      for (const one of Object.values(found.parameters)) if (one.isSecret) masker.add(one.value);
      return endpoint;
    },
    async accessToken(endpoint: JobEndpoint, resource) {
      const parameters = lookupIn(
        Object.fromEntries(Object.entries(endpoint.authorization.parameters).map(([name, value]) => [name, { value }])),
      );
      const access = await deps.tokens.accessToken({
        clientId: parameters('serviceprincipalid') ?? '',
        tenantId: parameters('tenantid') ?? deps.local.tenantId,
        resource,
      });
      masker.add(access);
      return access;
    },
    print: (line) => void collected.lines.push(...line.split(/\r?\n/).map((one) => masker.mask(one))),
    setSecret: (value) => masker.add(value),
    records: (updates) => void collected.records.push(...updates),
    setOutput(name, value, isSecret = false) {
      collected.outputs[`${at.step.name}.${name}`] = isSecret ? { value, isSecret } : { value };
      if (isSecret) masker.add(value);
    },
    recordId: at.recordId,
    now: deps.clock.now(),
    local: !strict,
    outbound: (request) => deps.outbound({ ...request, caller: callerText({ planId: run.planId, jobId: at.jobId }) }),
  };
  return { context, collected };
}
