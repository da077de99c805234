import type { Args, Context } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { type AssetSource, readAssetSource } from '../asset/asset-file.ts';
import { describeProblems, describeRemark, gatherProblems } from '../load/fields.ts';
import { isMap, type YamlMap } from '../load/yaml-value.ts';
import { checkComponent } from './definition.ts';
import type { LocalComponent } from './local-component.ts';

/**
 * Reads the component of `--file` under `--set` and the arguments, and checks it whole. Keys that nobody knows are warned of, as the clients let them pass.
 * @throws one error that names every problem: its key, where it stands, what was expected
 */
export function readComponent(context: Context, args: Args): { source: AssetSource; component: LocalComponent } {
  const problems = gatherProblems();
  const source = readAssetSource(args, context.io.cwd, 'component', undefined, {});
  const component = checkComponent(source.file, source.folder, source.data, problems);
  checkName(source.data, problems);
  if (problems.all.length) throw commandError(describeProblems(source.file, 'component', problems.all));
  for (const remark of problems.remarks) context.warn(describeRemark(source.file, remark));
  return { source, component };
}

/** A name that is registered; what is written into a pipeline may be called anything (client source). */
function checkName(data: YamlMap, problems: ReturnType<typeof gatherProblems>): void {
  const { name } = data;
  if (name === undefined || name === null || isMap(name) || /^[a-z][a-z0-9_]*$/.test(String(name))) return;
  problems.add(
    'name',
    `Component name should only contain lower letter, number, underscore and start with a lower letter. Currently got ${String(name)}.`,
    { map: data, key: 'name' },
    name,
  );
}
