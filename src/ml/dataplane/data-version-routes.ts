import type { FastifyInstance, FastifyRequest } from 'fastify';
import { invalid, notFound } from '../../kernel/errors.ts';
import { workspaceResourceId } from '../places.ts';
import { WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { Workspace } from '../types.ts';
import type { AssetVersion } from '../versions.ts';
import { textField } from '../wire-fields.ts';
import { type DataPlaneDeps, parameter } from './deps.ts';

const BASE = `/data/v1.0${WORKSPACE_PATH}`;
const LIST_LIMIT = 1000;

/** Data assets as the data plane shows them, to be read. They are made and changed by their ARM resources. */
export function registerDataVersions(service: FastifyInstance, deps: DataPlaneDeps): void {
  const { versions, containers } = deps;
  const container = async (workspace: Workspace, name: string) => {
    const latest = await versions.latest(workspace.id, 'data', name);
    if (!latest) throw absent(name);
    return {
      dataContainer: {
        name,
        dataType: dataTypeOf(latest),
        mutableProps: { isArchived: false, description: null, tags: {} },
        isRegistered: true,
      },
      entityMetadata: metadata(latest),
      latestVersion: wire(workspace, latest),
      nextVersionId: await versions.nextVersion(workspace.id, 'data', name),
      legacyDatasetType: null,
    };
  };
  const version = async (workspace: Workspace, name: string, number: string) => {
    const found = await versions.find(workspace.id, 'data', name, number);
    if (!found) throw absent(`${name}:${number}`);
    return wire(workspace, found);
  };

  service.get(`${BASE}/datacontainer`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const named = await containers.list(workspace.id, 'data', { view: 'active', limit: LIST_LIMIT });
    const value: object[] = [];
    for (const { name } of named)
      if (await versions.latest(workspace.id, 'data', name)) value.push(await container(workspace, name));
    return { value, continuationToken: null, nextLink: null };
  });
  service.get(`${BASE}/datacontainer/:name`, async (request) =>
    container(await workspaceOf(deps.workspaces, request), parameter(request, 'name')),
  );
  service.get(`${BASE}/dataversion/:name/versions`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const value: object[] = [];
    const each = versions.each(workspace.id, 'data', parameter(request, 'name'), {
      view: 'active',
      oldestFirst: false,
    });
    for await (const { asset } of each) if (value.length < LIST_LIMIT) value.push(wire(workspace, asset));
    return { value, continuationToken: null, nextLink: null };
  });
  service.get(`${BASE}/dataversion/:name/versions/:version`, async (request) =>
    version(await workspaceOf(deps.workspaces, request), parameter(request, 'name'), parameter(request, 'version')),
  );
  service.post(`${BASE}/dataversion/getByAssetId`, async (request: FastifyRequest) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const id = textField(request.body, 'value') ?? '';
    const [, name, number] = /\/data\/([^/]+)\/versions\/([^/]+)$/i.exec(id) ?? [];
    if (name === undefined || number === undefined)
      throw invalid(`The body's 'value' is the id of a version of data, not '${id.slice(0, 200)}'.`, {
        target: 'value',
      });
    return version(workspace, name, number);
  });
}

const absent = (what: string) =>
  notFound(`There is no data asset '${what.slice(0, 200)}' in this workspace.`, {
    wire: 'DataNotFound',
    target: 'name',
  });

/** The types in this service's own words (client source: mltable loads what is an `MLTable`). */
const DATA_TYPES: Readonly<Record<string, string>> = {
  uri_file: 'UriFile',
  uri_folder: 'UriFolder',
  mltable: 'MLTable',
};

const dataTypeOf = (asset: AssetVersion) => {
  const type = textField(asset.properties, 'dataType') ?? 'uri_folder';
  return DATA_TYPES[type] ?? type;
};

function metadata(asset: AssetVersion) {
  const user = (name: string | undefined) => ({ userName: name ?? 'Millrace' });
  return {
    etag: null,
    createdTime: asset.createdAt,
    modifiedTime: asset.modifiedAt ?? asset.createdAt,
    createdBy: user(asset.createdBy),
    modifiedBy: user(asset.modifiedBy ?? asset.createdBy),
  };
}

function wire(workspace: Workspace, asset: AssetVersion) {
  const { dataUri, description, tags, isArchived, properties, referencedUris } = asset.properties;
  return {
    dataVersion: {
      assetId: `${workspaceResourceId(workspace)}/data/${asset.name}/versions/${asset.version}`,
      dataContainerName: asset.name,
      dataType: dataTypeOf(asset),
      dataUri,
      versionId: asset.version,
      mutableProps: { isArchived: isArchived === true, description: description ?? null, tags: tags ?? {} },
      referencedDataUris: referencedUris ?? null,
      properties: properties ?? {},
    },
    entityMetadata: metadata(asset),
    // The package mltable reads a table from its address then, and else from what the first generation's data sets kept (client source).
    isV2: true,
    legacyDataflow: null,
  };
}
