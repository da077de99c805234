import { invalid, notImplemented } from '../../kernel/errors.ts';
import type { Call } from './call.ts';
import type { Clause } from './search-filter.ts';
import { integer, key, list, REGISTRY_TAG_LIMIT, text } from './wire.ts';

const NAME_LIMIT = 256;
const PROMPT_TAG = 'mlflow.prompt.is_prompt';

/** @throws invalid for a name that MLflow does not take */
export function modelName(call: Call, field = 'name'): string {
  const name = text(call.fields, field, { limit: NAME_LIMIT });
  if (name.trim() === '' || /[/:]/.test(name))
    throw invalid(`Invalid model name: '${name}'. A name is not empty and has neither '/' nor ':'.`, { target: field });
  return name;
}

/** Tags of a registered model or version; prompts, which are kept as tagged models, are another thing. */
export function registryTags(call: Call): Record<string, string> {
  const tags = Object.fromEntries(
    list(call.fields, 'tags', 1000).map((tag) => [
      key(tag),
      text(tag, 'value', { fallback: '', limit: REGISTRY_TAG_LIMIT }),
    ]),
  );
  if (tags[PROMPT_TAG]?.toLowerCase() === 'true') throw notImplemented('prompts in MLflow’s registry');
  return tags;
}

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

/** Clients ask for what is not a prompt by a tag that models don't have: it holds for all of them. */
export function withoutPrompts(clauses: readonly Clause[]): readonly Clause[] {
  return clauses.filter(
    ({ entity, key: name, comparator, value }) =>
      !(
        entity === 'tag' &&
        name === PROMPT_TAG &&
        ((comparator === '=' && value === 'false') || (comparator === '!=' && value === 'true'))
      ),
  );
}
