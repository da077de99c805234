import type { Command } from '../../../command.ts';
import { createArguments, putAssetVersion, versionBeforehand } from '../asset/asset-api.ts';
import { requireName, versionOf, versionProperties } from '../asset/asset-file.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { specOf } from '../job/pipeline-job.ts';
import { startSubmission } from '../job/submission.ts';
import { componentEntity } from './component-entity.ts';
import { readComponent } from './read-component.ts';
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
    const { source, component } = readComponent(context, args);
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
