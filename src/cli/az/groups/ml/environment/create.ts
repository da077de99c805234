import type { Command } from '../../../command.ts';
import { commandError } from '../../../errors.ts';
import { datastoreArgument, descriptionArgument, noWaitArgument, tagsArgument } from '../../../shared-arguments.ts';
import { createArguments, putAssetVersion, versionBeforehand } from '../asset/asset-api.ts';
import { readAssetSource, requireName, versionOf } from '../asset/asset-file.ts';
import { openAssetScope } from '../asset/asset-scope.ts';
import { withResourceGroups } from '../entity.ts';
import { describeProblems, gatherProblems } from '../load/fields.ts';
import { checkEnvironmentMap } from './check-environment.ts';
import { environmentProperties } from './definition.ts';
import { environmentEntity } from './environment-entity.ts';

export const command: Command = {
  name: 'ml environment create',
  summary: 'Create an environment.',
  arguments: [
    ...createArguments('environment'),
    descriptionArgument('environment'),
    tagsArgument('environment'),
    { name: 'image', options: ['--image', '-i'], kind: 'value', help: 'Docker image.' },
    {
      name: 'conda_file',
      options: ['--conda-file', '-c'],
      kind: 'value',
      literal: true,
      help: 'Local path to a conda specification file.',
    },
    {
      name: 'build_context',
      options: ['--build-context', '-b'],
      kind: 'value',
      literal: true,
      help: 'Local path to use as a docker build context.',
    },
    {
      name: 'dockerfile_path',
      options: ['--dockerfile-path', '-d'],
      kind: 'value',
      literal: true,
      help: 'Relative path of the Dockerfile in the build context.',
    },
    { name: 'os_type', options: ['--os-type'], kind: 'value', help: 'Type of operating system.' },
    datastoreArgument,
    noWaitArgument,
  ],
  async run(context, args) {
    const flags = { image: 'image', conda_file: 'conda_file', os_type: 'os_type', datastore: 'datastore' };
    const source = readAssetSource(args, context.io.cwd, 'environment', undefined, flags);
    const build = args.text('build_context');
    if (build !== undefined)
      source.data['build'] = {
        path: build,
        ...(args.text('dockerfile_path') ? { dockerfile_path: args.need('dockerfile_path') } : {}),
      };
    // Paths given on the command line start at the working directory.
    const folder = build !== undefined || args.text('conda_file') !== undefined ? context.io.cwd : source.folder;
    const problems = gatherProblems();
    checkEnvironmentMap(source.data, folder, '', problems);
    if (problems.all.length) throw commandError(describeProblems(source.file, 'environment', problems.all));
    const name = requireName(source, 'environment');
    const scope = await openAssetScope(context, args);
    const version = await versionBeforehand(scope, 'environments', name, versionOf(source));
    const properties = await environmentProperties(
      scope,
      { data: source.data, folder },
      { name, version: version ?? '' },
    );
    return withResourceGroups(
      environmentEntity(await putAssetVersion(scope, 'environments', name, version, properties)),
    );
  },
};
