import { CLIENT_CALLS } from './client-calls.gen.ts';

/** A call's path as a pattern: `{model_id}` stands for one segment. */
const patternOf = (path: string) =>
  new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`);

let patterns: { method: string; pattern: RegExp; name: string }[] | undefined;

/**
 * The name of the client's call that a request makes, for one that no route answers; undefined when no client makes it.
 * @param path below `/api/2.0/mlflow` or `/api/3.0/mlflow`, with or without the first slash
 */
export function unbuiltCall(method: string, path: string): string | undefined {
  patterns ??= CLIENT_CALLS.map(([name, verb, one]) => ({ name, method: verb, pattern: patternOf(one) }));
  const asked = `/${path.replace(/^\/+/, '')}`;
  return patterns.find((one) => one.method === method && one.pattern.test(asked))?.name;
}
