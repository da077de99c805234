import { resolve } from 'node:path';
import type { AssetScope } from '../asset/asset-scope.ts';
import { resolveEnvironment } from '../environment/definition.ts';
import type { YamlMap, YamlValue } from '../load/yaml-value.ts';
import { pythonText } from '../load/yaml-value.ts';
import { ASSET_API, isReference, isUri, resolveByName } from '../references.ts';
import { withAdditionalIncludes } from '../upload/additional-includes.ts';
import { uploadCode } from '../upload/code.ts';
import { segment } from '../workspace/scope.ts';

/** What one submission has done already: the same code, environment or component is sent once. */
export type Submission = {
  readonly scope: AssetScope;
  code(value: YamlValue | undefined, folder: string, component: boolean): Promise<string | undefined>;
  /** The code of a command component with what it includes beside it. */
  componentCode(data: YamlMap, folder: string): Promise<string | undefined>;
  environment(value: YamlValue, folder: string): Promise<string>;
  /** Registers an anonymous component. @returns the id that the service gave it */
  component(
    hash: string,
    spec: Record<string, unknown>,
    about: { description?: string; tags: Record<string, string> },
  ): Promise<string>;
  /** A named compute's id; the compute is looked up, so that a missing one is said before anything runs. */
  compute(reference: string): Promise<string>;
};

export const ANONYMOUS_COMPONENT = 'azureml_anonymous';

export function startSubmission(scope: AssetScope): Submission {
  const once = <T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
    const found = known.get(key);
    if (found) return found;
    const made = make();
    known.set(key, made);
    return made;
  };
  const codes = new Map<string, Promise<string>>();
  const environments = new Map<string, Promise<string>>();
  const components = new Map<string, Promise<string>>();
  const computes = new Map<string, Promise<string>>();
  const code: Submission['code'] = async (value, folder, component) => {
    if (value === undefined || value === null || value === '') return undefined;
    const text = pythonText(value);
    if (isReference(text)) return text.replace(/^azureml:(?=\/)/, '');
    if (isUri(text) || text.startsWith('git+')) return text;
    return once(codes, `${component}:${resolve(folder, text)}`, () => uploadCode(scope, text, folder, component));
  };
  return {
    scope,
    componentCode(data, folder) {
      const includes = additionalIncludes(data);
      const local = localCode(data['code']);
      // Beside code that is registered there is nothing to include (client source).
      if (includes.length === 0 || local === false) return code(data['code'], folder, true);
      return once(codes, JSON.stringify([folder, local, includes]), () =>
        withAdditionalIncludes(local, includes, folder, (merged) => uploadCode(scope, merged, folder, true)),
      );
    },
    code,
    environment: (value, folder) =>
      once(environments, JSON.stringify([value, folder]), () => resolveEnvironment(scope, value, folder)),
    component: (hash, spec, about) =>
      once(components, hash, async () => {
        const created = await scope.arm.json<{ id: string }>({
          method: 'PUT',
          path: scope.path(`/components/${ANONYMOUS_COMPONENT}/versions/${hash}`),
          apiVersion: ASSET_API.components,
          body: {
            properties: {
              ...(about.description ? { description: about.description } : {}),
              properties: {},
              tags: about.tags,
              isAnonymous: true,
              isArchived: false,
              componentSpec: spec,
            },
          },
        });
        return created.id;
      }),
    compute(reference) {
      const id = resolveByName(scope, 'computes', reference);
      if (!id.startsWith('/')) return Promise.resolve(id);
      const name = id.split('/').at(-1) ?? id;
      if (!id.toLowerCase().startsWith(`${scope.id}/computes/`.toLowerCase()) || name === 'serverless')
        return Promise.resolve(id);
      return once(computes, name, async () => {
        const found = await scope.arm.json<{ id: string }>({
          path: scope.path(`/computes/${segment(name)}`),
          apiVersion: ASSET_API.computes,
        });
        return found.id;
      });
    },
  };
}

/** The local paths that a component includes beside its code; artifacts of feeds are none. */
export function additionalIncludes(data: YamlMap): string[] {
  const all = data['additional_includes'];
  return Array.isArray(all) ? all.flatMap((one) => (typeof one === 'string' ? [one] : [])) : [];
}

/** Local code's path, undefined where there is none; false for code that is elsewhere. */
export function localCode(value: YamlValue | undefined): string | undefined | false {
  if (value === undefined || value === null || value === '') return undefined;
  const text = pythonText(value);
  return isReference(text) || isUri(text) || text.startsWith('git+') ? false : text;
}

/** The text of an optional member. */
export function optionalText(data: YamlMap, key: string): string | undefined {
  const value = data[key];
  return value === undefined || value === null ? undefined : pythonText(value);
}
