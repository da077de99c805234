import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { createArguments, putAssetVersion, versionBeforehand } from '../asset/asset-api.ts';
import { readAssetSource, requireName, versionOf, versionProperties } from '../asset/asset-file.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { COMMAND_COMPONENT, PIPELINE_COMPONENT } from '../job/keys.ts';
import { specOf } from '../job/pipeline-job.ts';
import { startSubmission } from '../job/submission.ts';
import { describeProblems, gatherProblems } from '../load/fields.ts';
import { componentEntity } from './component-entity.ts';
import { checkComponent } from './definition.ts';
import { componentHash } from './spec.ts';

export const command: Command = {
  name: 'ml component create',
  summary: 'Create a component.',
  arguments: [
    ...createArguments('component').map((argument) =>
      argument.name === 'file' ? { ...argument, required: true } : argument,
    ),
    {
      name: 'skip_validation',
      options: ['--skip-validation'],
      kind: 'flag',
      help: 'Skip validation of component.',
    },
  ],
  async run(context, args) {
    const source = readAssetSource(
      args,
      context.io.cwd,
      'component',
      { ...COMMAND_COMPONENT, ...PIPELINE_COMPONENT },
      {},
    );
    const problems = gatherProblems();
    const component = checkComponent(source.file, source.folder, source.data, problems);
    if (problems.all.length) throw commandError(describeProblems(source.file, 'component', problems.all));
    const name = requireName(source, 'component');
    const scope = await openAssetScope(context, args);
    const version = await versionBeforehand(scope, 'components', name, versionOf(source));
    const spec = await specOf(startSubmission(scope), component);
    const common = versionProperties(source.data);
    const properties = {
      ...common,
      properties: { ...common.properties, client_component_hash: componentHash(spec) },
      componentSpec: { ...spec, name, ...(version ? { version } : {}), _source: 'YAML.COMPONENT' },
    };
    return withResourceGroups(componentEntity(await putAssetVersion(scope, 'components', name, version, properties)));
  },
};
