import { invalid } from '../../kernel/errors.ts';
import type { Call } from './call.ts';
import type { RegisteredKind } from './registry-store.ts';
import type { Clause } from './search/filter.ts';
import { integer, key, list, REGISTRY_TAG_LIMIT, text } from './wire.ts';

const NAME_LIMIT = 256;
const PROMPT_TAG = 'mlflow.prompt.is_prompt';
const PROMPT_TYPE_TAG = '_mlflow_prompt_type';

/** @throws invalid for a name that MLflow does not take */
export function modelName(call: Call, field = 'name'): string {
  const name = text(call.fields, field, { limit: NAME_LIMIT });
  if (name.trim() === '' || /[/:]/.test(name))
    throw invalid(`Invalid model name: '${name}'. A name is not empty and has neither '/' nor ':'.`, { target: field });
  return name;
}

/** Tags of a registered model, a version or a prompt. */
export function registryTags(call: Call): Record<string, string> {
  return Object.fromEntries(
    list(call.fields, 'tags', 1000).map((tag) => [
      key(tag),
      text(tag, 'value', { fallback: '', limit: REGISTRY_TAG_LIMIT }),
    ]),
  );
}

/** Tags without those by which a client marks a prompt and its type. */
export const userTags = ({
  [PROMPT_TAG]: _isPrompt,
  [PROMPT_TYPE_TAG]: _type,
  ...tags
}: Readonly<Record<string, string>>): Record<string, string> => tags;

/** A prompt is what the client tags as one. */
export const kindOf = (tags: Readonly<Record<string, string>>): RegisteredKind =>
  tags[PROMPT_TAG]?.toLowerCase() === 'true' ? 'prompts' : 'models';

/** @throws invalid for a page that is larger than the service gives, or of no size */
export function pageSize(call: Call, fallback: number, most: number): number {
  const size = integer(call.fields, 'max_results', fallback);
  if (size < 1 || size > most)
    throw invalid(
      `Invalid value for request parameter max_results. It must be at least 1 and at most ${most}, but got value ${size}`,
      { target: 'max_results' },
    );
  return size;
}

/**
 * What a filter of the registry is about: prompts when it asks for their tag, else models. Models have no such tag, so a clause
 * that asks for those without it holds for all of them.
 */
export function searchedKind(clauses: readonly Clause[]): { kind: RegisteredKind; clauses: readonly Clause[] } {
  const asks = ({ entity, key: name, comparator, value }: Clause, isPrompt: boolean) =>
    entity === 'tag' &&
    name === PROMPT_TAG &&
    ((comparator === '=' && value === String(isPrompt)) || (comparator === '!=' && value === String(!isPrompt)));
  const kind = clauses.some((clause) => asks(clause, true)) ? 'prompts' : 'models';
  return { kind, clauses: clauses.filter((clause) => !asks(clause, false)) };
}
