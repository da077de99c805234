import { delimiter } from 'node:path';
import type { JobEndpoint } from '../contracts/agent.ts';
import type { Variables } from './variables.ts';

/** Names with these beginnings are the agent's own and never come from a pipeline variable (documented). */
const reservedNames = /^(endpoint|input|path$|secret|securefile)/i;
/** Credentials of the agent itself; no step gets them. */
const agentSecrets = /^(MILLRACE_.*TOKEN|VSTS_AGENT_INPUT_.*|AZP_TOKEN.*)$/i;

export type EnvironmentParts = {
  /** The agent process's environment, {@link withoutAgentSecrets}. */
  readonly process: Readonly<Record<string, string>>;
  /** What the server adds for every process of the job. */
  readonly added: Readonly<Record<string, string>>;
  /** The step's own `env`, macros expanded. */
  readonly step: Readonly<Record<string, string>>;
  readonly variables: Variables;
  /** Inputs by name. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly endpoints: readonly JobEndpoint[];
  /** By `task.settaskvariable` of the same task. */
  readonly taskVariables: ReadonlyMap<string, string>;
  /** Folders for the front of PATH, first one first. */
  readonly path: readonly string[];
};

/** Names that were asked for: each step asks for the same hundred again. */
const names = new Map<string, string>();
const mostNames = 10_000;

/** The name of a variable or input as an environment variable: `.` and blank become `_`, upper case. */
export function environmentName(name: string): string {
  let made = names.get(name);
  if (made === undefined) {
    made = name.replace(/[. ]/g, '_').toUpperCase();
    if (names.size < mostNames) names.set(name, made);
  }
  return made;
}

/** An environment without what belongs to the agent alone. */
export function withoutAgentSecrets(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && !agentSecrets.test(name)) result[name] = value;
  }
  return result;
}

/**
 * The environment of a step's processes. Later families win: process, server, step `env`, variables, inputs, endpoints, task
 * variables, PATH; so a pipeline variable overrides an `env` entry of the same name (agent source). Secrets are not in it:
 * a script gets one only by `env`.
 */
export function buildEnvironment(parts: EnvironmentParts): Record<string, string> {
  const result: Record<string, string> = { ...parts.process, ...parts.added, ...parts.step };
  const plain: string[] = [];
  const secret: string[] = [];
  for (const variable of parts.variables.all()) {
    if (variable.isSecret) secret.push(variable.name);
    else {
      plain.push(variable.name);
      if (!reservedNames.test(variable.name)) {
        result[variable.preserveCase ? variable.name : environmentName(variable.name)] = variable.value;
      }
    }
  }
  // Exported under its literal name too, for tools that look it up by it (agent source).
  const status = parts.variables.get('agent.jobstatus');
  if (status !== undefined) result['agent.jobstatus'] = status;
  result['VSTS_PUBLIC_VARIABLES'] = JSON.stringify(plain);
  result['VSTS_SECRET_VARIABLES'] = JSON.stringify(secret);
  for (const [name, value] of Object.entries(parts.inputs)) result[`INPUT_${environmentName(name)}`] = value;
  for (const endpoint of parts.endpoints) addEndpoint(result, endpoint);
  for (const [name, value] of parts.taskVariables) result[`VSTS_TASKVARIABLE_${environmentName(name)}`] = value;
  const path = parts.variables.find('PATH')?.value ?? parts.step['PATH'] ?? parts.process['PATH'] ?? '';
  result['PATH'] = [...parts.path, ...(path === '' ? [] : [path])].join(delimiter);
  result['TF_BUILD'] = 'True';
  return dropUnusable(result);
}

function addEndpoint(result: Record<string, string>, endpoint: JobEndpoint): void {
  const id = endpoint.name === 'SystemVssConnection' ? 'SYSTEMVSSCONNECTION' : endpoint.id;
  result[`ENDPOINT_URL_${id}`] = endpoint.url;
  result[`ENDPOINT_AUTH_SCHEME_${id}`] = endpoint.authorization.scheme;
  result[`ENDPOINT_AUTH_${id}`] = JSON.stringify({
    parameters: endpoint.authorization.parameters,
    scheme: endpoint.authorization.scheme,
  });
  for (const [key, value] of Object.entries(endpoint.authorization.parameters)) {
    result[`ENDPOINT_AUTH_PARAMETER_${id}_${environmentName(key)}`] = value;
  }
  result[`ENDPOINT_DATA_${id}`] = JSON.stringify(endpoint.data);
  for (const [key, value] of Object.entries(endpoint.data)) {
    result[`ENDPOINT_DATA_${id}_${environmentName(key)}`] = value;
  }
}

/** The system refuses a process whose environment holds a NUL, an empty name or a name with `=`. */
function dropUnusable(environment: Record<string, string>): Record<string, string> {
  for (const name in environment) {
    if (name === '' || name.includes('=') || name.includes('\0') || environment[name]?.includes('\0'))
      delete environment[name];
  }
  return environment;
}

/** Families that the public task library takes out of the environment before it starts anything. */
const withheld = /^(INPUT_|ENDPOINT_AUTH_|SECRET_|SECUREFILE_TICKET_|VSTS_TASKVARIABLE_)/;
/** Which names are of them: each step asks for the same hundreds again. */
const withheldNames = new Map<string, boolean>();

function isWithheld(name: string): boolean {
  let is = withheldNames.get(name);
  if (is === undefined) {
    is = withheld.test(name);
    if (withheldNames.size < mostNames) withheldNames.set(name, is);
  }
  return is;
}

/** The environment without the families that hold credentials: what a script that a task starts gets. */
export function scriptEnvironment(environment: Readonly<Record<string, string>>): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in environment) if (!isWithheld(name)) result[name] = environment[name] as string;
  return result;
}
