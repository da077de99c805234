import type { Command } from '../../../command.ts';
import {
  datastoreArgument,
  descriptionArgument,
  fileArgument,
  nameArgument,
  pathArgument,
  setArgument,
} from '../../../shared-arguments.ts';
import { versionArgument } from '../asset/asset-api.ts';
import { readAssetSource, requireName, versionOf } from '../asset/asset-file.ts';
import { withResourceGroups } from '../entity.ts';
import { gitProperties } from '../job/git-properties.ts';
import { JOB_API, showJob } from '../job/job-api.ts';
import type { JobResource } from '../job/job-entity.ts';
import { newJobName } from '../job/job-name.ts';
import { textMap } from '../job/wire-words.ts';
import { any, type Shape, shaped, text, word } from '../load/shape.ts';
import { isMap, pythonText } from '../load/yaml-value.ts';
import { openWorkspace, segment, workspaceArguments } from '../workspace/scope.ts';
import { DATA_SHAPE, DATA_TYPES } from './data-entity.ts';

/** What a data import's YAML file may hold (client source). */
const IMPORT_SHAPE: Shape = {
  ...DATA_SHAPE,
  'source!': shaped({
    type: word('database', 'file_system'),
    'connection!': text,
    query: text,
    stored_procedure: text,
    stored_procedure_params: any,
    path: text,
  }),
};

export const command: Command = {
  name: 'ml data import',
  summary: 'Import data and create a data asset.',
  description:
    'Submits the pipeline that the public client submits. The server keeps it, and it fails with what is not implemented.',
  arguments: [
    ...workspaceArguments,
    fileArgument('Azure ML data'),
    nameArgument('data asset', false),
    versionArgument('data asset'),
    { ...descriptionArgument('data asset'), options: ['--description', '-d'] },
    { name: 'type', options: ['--type', '-t'], kind: 'value', choices: DATA_TYPES, help: 'Type of the data asset.' },
    pathArgument('Path to the data asset on cloud storage.'),
    datastoreArgument,
    {
      name: 'skip_validation',
      options: ['--skip-validation'],
      kind: 'flag',
      help: 'Skip validation of the compute of the import.',
    },
    setArgument,
  ],
  async run(context, args) {
    const imported = readAssetSource(args, context.io.cwd, 'data import', IMPORT_SHAPE, {
      path: 'path',
      type: 'type',
      datastore: 'datastore',
    });
    const { data } = imported;
    const name = requireName(imported, 'data import');
    const version = versionOf(imported);
    const source = isMap(data['source']) ? data['source'] : {};
    const isDatabase = pythonText(source['type'] ?? 'database').toLowerCase() === 'database';
    const path = pythonText(data['path']);
    const title = `data_import_${name}`;
    const description = data['description'] ? pythonText(data['description']) : title;
    const workspace = await openWorkspace(context, args);
    const node = {
      type: 'data_transfer',
      task: 'import_data',
      _source: 'BUILTIN',
      display_name: title,
      // Of the service's own registry (client source).
      componentId: `azureml://registries/azureml/components/import_data_${isDatabase ? 'database' : 'file_system'}/versions/0.0.1`,
      computeId: `${workspace.id}/computes/serverless`,
      source: { ...source, type: isDatabase ? 'database' : 'file_system' },
      outputs: {
        sink: {
          // A table of a database, a folder of files; whatever type the file names.
          job_output_type: isDatabase ? 'mltable' : 'uri_folder',
          uri: path.includes('${{name}}') ? path : `${path.replace(/\/+$/, '')}/\${{name}}`,
          name,
          ...(version === undefined ? {} : { version }),
        },
      },
    };
    const properties = {
      jobType: 'Pipeline',
      description,
      displayName: title,
      experimentName: title,
      tags: textMap(data['tags']),
      properties: {
        ...(await gitProperties(context.io.cwd, context.io.env)),
        ...textMap(data['properties']),
        'azureml.materializationAssetName': name,
      },
      settings: { force_rerun: true, _source: 'CLASS' },
      jobs: { [title]: node },
    };
    const created = await workspace.arm.json<JobResource>({
      method: 'PUT',
      path: workspace.path(`/jobs/${segment(newJobName())}`),
      apiVersion: JOB_API,
      headers: { 'x-azureml-token': (await workspace.arm.session.token('https://ml.azure.com')).accessToken },
      body: { properties },
    });
    return withResourceGroups(await showJob(workspace, created));
  },
};
