import { OPERATIONS, type OperationId } from './operations.gen.ts';

type Pattern = { readonly id: OperationId; readonly method: string; readonly segments: readonly string[] };

let patterns: readonly Pattern[] | undefined;

const segmentsOf = (path: string) => path.toLowerCase().split('/').filter(Boolean);

/**
 * The operation of the public API that a request means, whether it is built or not. Asked only for requests that no route takes.
 * @param path without its query, in any casing
 * @returns undefined for what the API does not have; of two that fit, the one whose path has fewer parameters
 */
export function operationOf(method: string, path: string): OperationId | undefined {
  patterns ??= OPERATIONS.map(({ id, method, path }) => ({ id, method, segments: segmentsOf(path) }));
  const wanted = segmentsOf(path);
  let best: { id: OperationId; parameters: number } | undefined;
  for (const { id, method: own, segments } of patterns) {
    if (own !== method.toUpperCase() || segments.length !== wanted.length) continue;
    let parameters = 0;
    const fits = segments.every((segment, index) => {
      if (!segment.startsWith('{')) return segment === wanted[index];
      parameters += 1;
      return true;
    });
    if (fits && (best === undefined || parameters < best.parameters)) best = { id, parameters };
  }
  return best?.id;
}
