import type { VariableValue } from '../contracts/agent.ts';
import { expandMacros, expandVariables } from '../language/expressions/index.ts';

export type JobVariable = {
  /** As first written. */
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
  readonly isReadOnly: boolean;
  /** Exported to the environment under its own spelling. */
  readonly preserveCase: boolean;
};

/** A job's variables; names ignore case. Values are kept as given, and read with their references to others followed. */
export type Variables = {
  /** The value with references followed, or undefined. */
  get(name: string): string | undefined;
  find(name: string): JobVariable | undefined;
  /** Sets a variable; a secret stays one. */
  set(name: string, value: string, options?: { secret?: boolean; readOnly?: boolean; preserveCase?: boolean }): void;
  /** Replaces `$(name)` once: by job variables, then by the process's environment; unknown ones stay. */
  expand(text: string): string;
  /** All of them, references followed. */
  all(): readonly JobVariable[];
};

/** Names that only the agent and the server may set (documented list); they are read-only whatever the message says. */
const reserved =
  /^(agent\.|build\.(artifactstagingdirectory|binariesdirectory|sourcesdirectory|stagingdirectory|repository\.|clean$|buildnumber$|definitionname$|sourcebranch|sourceversion)|common\.testresultsdirectory$|pipeline\.workspace$|system\.|task\.displayname$)/i;

/**
 * Makes a job's variables from its message.
 * @param environment the agent's own environment, the last resort of a macro
 * @param onSecret called with each secret value, also one that became secret by referring to a secret
 */
export function createVariables(
  given: Readonly<Record<string, VariableValue>>,
  environment: Readonly<Record<string, string | undefined>>,
  onSecret: (value: string) => void,
): Variables {
  const raw = new Map<string, JobVariable>();
  let expanded: Map<string, JobVariable> | undefined;
  /** How many values may refer to others. Mostly none: a step sets five variables, and following all of them anew each time took a tenth of it. */
  let referring = 0;

  const put = (variable: JobVariable) => {
    const key = variable.name.toLowerCase();
    const known = raw.get(key);
    raw.set(key, known ? { ...variable, name: known.name } : variable);
    referring += Number(refers(variable)) - Number(known !== undefined && refers(known));
    if (variable.isSecret) onSecret(variable.value);
    expanded = undefined;
  };
  const current = (): Map<string, JobVariable> => {
    if (referring === 0) return raw;
    if (!expanded) {
      const values = expandVariables(Object.fromEntries(raw));
      expanded = new Map(Object.entries(values));
      for (const variable of expanded.values()) if (variable.isSecret) onSecret(variable.value);
    }
    return expanded;
  };
  for (const [name, variable] of Object.entries(given)) {
    put({
      name,
      value: variable.value ?? '',
      isSecret: variable.isSecret ?? false,
      isReadOnly: (variable.isReadOnly ?? false) || reserved.test(name),
      preserveCase: false,
    });
  }

  const find = (name: string): JobVariable | undefined => {
    const key = name.toLowerCase();
    const known = raw.get(key);
    return known && refers(known) ? current().get(key) : known;
  };
  return {
    get: (name) => find(name)?.value,
    find,
    set(name, value, options = {}) {
      const known = raw.get(name.toLowerCase());
      put({
        name,
        value,
        isSecret: (options.secret ?? false) || (known?.isSecret ?? false),
        isReadOnly: (options.readOnly ?? false) || (known?.isReadOnly ?? false) || reserved.test(name),
        preserveCase: options.preserveCase ?? known?.preserveCase ?? false,
      });
    },
    expand: (text) =>
      text.includes('$(') ? expandMacros(text, (name) => find(name)?.value ?? environment[name]) : text,
    all: () => [...current().values()],
  };
}

function refers({ value }: JobVariable): boolean {
  return value.includes('$(');
}
