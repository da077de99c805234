import { constants } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { conflict, invalid, notFound, notImplemented } from '../../kernel/errors.ts';
import { newGuid } from '../../kernel/ids.ts';
import { codeFiles, type StoredFile } from '../code-content.ts';
import { zipFiles } from '../data/zip-files.ts';
import { parseReference } from '../jobs/parse-reference.ts';
import { ARTIFACT_CONTAINER, assetId, blobUrl } from '../places.ts';
import { findSnapshot, isSnapshotId, snapshotIdOf } from '../snapshots.ts';
import { WORKSPACE_PATH, workspaceOf } from '../tracking/index.ts';
import type { Workspace } from '../types.ts';
import type { AssetVersion } from '../versions.ts';
import { fieldOf, isObject, textField } from '../wire-fields.ts';
import { type DataPlaneDeps, parameter } from './deps.ts';
import { checkedPath, FILES_LIMIT, pathsOfTree, treeOf } from './snapshot-tree.ts';

const BASE = `/content/v2.0${WORKSPACE_PATH}/snapshots`;
const SAS_LIFETIME = 60 * 60 * 1000;
/** Tags and properties of a snapshot, as text. */
const NOTES_LIMIT = 64 * 1024;

/** Folders of the artifact container: the files of each snapshot, what is uploaded for one that is not made yet, and archives. */
const FOLDER = 'Snapshots';
const UPLOADS = 'SnapshotUploads';
const ARCHIVES = 'SnapshotArchives';

/** Where the files of a snapshot lie. */
type Content = { readonly container: string; readonly root: string; readonly files: readonly StoredFile[] };

/**
 * Snapshots: versions of code, as the content service has them for clients of the first generation (client source: azureml-core) and for the
 * runtimes of jobs. One that such a client makes is a version of code named by its id; every version of code is read as one. The calls are those
 * that clients make.
 */
export function registerSnapshots(service: FastifyInstance, deps: DataPlaneDeps): void {
  const { blobs, versions } = deps;
  const signed = async (workspace: Workspace, container: string, permissions: string) => {
    const expiry = new Date(deps.clock.now().getTime() + SAS_LIFETIME);
    const account = workspace.storageAccount;
    const sas = await blobs.signContainerSas({ account, container, permissions, expiry });
    return (blob: string) => `${blobUrl(account, container, blob.split('/').map(encodeURIComponent).join('/'))}?${sas}`;
  };
  const pathOf = (workspace: Workspace, blob: string) =>
    blobs.pathOf(workspace.storageAccount, ARTIFACT_CONTAINER, blob);

  const snapshotOf = async (workspace: Workspace, id: string): Promise<AssetVersion> => {
    const found = await findSnapshot(versions, workspace.id, id);
    if (found) return found;
    throw notFound(
      `There is no snapshot '${id.slice(0, 200)}' in the workspace '${workspace.name}'. The property ContentSnapshotId of a run names that of its code.`,
      { wire: 'SnapshotNotFound', target: 'snapshotId' },
    );
  };
  const contentOf = async (workspace: Workspace, { name, version, properties }: AssetVersion): Promise<Content> => {
    const uri = String(properties['codeUri'] ?? '');
    const place = parseReference(uri);
    // Whoever may read this workspace gets a signature for the container: it must be this workspace's.
    if (place?.kind !== 'storage' || place.account !== workspace.storageAccount)
      throw notImplemented(`snapshots of code outside the workspace's storage ('${name}:${version}')`);
    const root = place.path.replace(/\/+$/, '');
    const onDisk = blobs.pathOf(place.account, place.container, root);
    const files = await codeFiles(onDisk);
    if (!files)
      throw notImplemented(`snapshots of code whose names the file system cannot hold ('${name}:${version}')`);
    if (files.length === 0)
      throw notFound(`Nothing is stored of the snapshot '${name}:${version}'. Upload the code again.`, {
        wire: 'SnapshotNotFound',
      });
    const isFile = files.length === 1 && files[0]?.file === onDisk;
    return { container: place.container, root: isFile ? dirname(root) : root, files };
  };

  service.post(`${BASE}/sas`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const asset = await snapshotOf(workspace, textField(request.body, 'snapshotOrAssetId') ?? '');
    const { container, root, files } = await contentOf(workspace, asset);
    const sign = await signed(workspace, container, 'r');
    return treeOf(files, asset.createdAt, ({ path }) => sign(root === '' || root === '.' ? path : `${root}/${path}`));
  });

  /** Waits until the archive is there: the clients take one at once as well as one that they ask for again. */
  service.post(`${BASE}/:snapshot/zip`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const asset = await snapshotOf(workspace, parameter(request, 'snapshot'));
    const blob = `${ARCHIVES}/${snapshotIdOf(asset.name, asset.version)}.zip`;
    const file = pathOf(workspace, blob);
    // Code never changes: an archive of it stays as it is.
    if (!(await stat(file).catch(() => undefined))?.isFile()) {
      const { files } = await contentOf(workspace, asset);
      await mkdir(dirname(file), { recursive: true });
      await zipFiles(files, file);
    }
    return { zipSasUri: (await signed(workspace, ARTIFACT_CONTAINER, 'r'))(blob) };
  });

  service.get(`${BASE}/getByHash`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const hash = textField(request.query, 'hash') ?? '';
    const [found] = hash === '' ? [] : await versions.withContent(workspace.id, 'codes', hash);
    if (!found) throw notFound('There is no code with this hash in the workspace.', { wire: 'SnapshotNotFound' });
    return shown(workspace, found);
  });

  /**
   * What a client starts from that keeps no snapshot of its own: none, so that it uploads all its files. Which of a workspace's snapshots is the
   * latest of its project is not known here.
   */
  service.get(`/content/v1.0${WORKSPACE_PATH}/snapshots/latest/metadata`, async (request) => {
    await workspaceOf(deps.workspaces, request);
    return { id: null, root: {} };
  });

  service.post(`${BASE}/getblob`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const names = fieldOf(request.body, 'FileNames');
    if (!Array.isArray(names) || names.length > FILES_LIMIT || !names.every((name) => typeof name === 'string'))
      throw invalid(`The body's 'FileNames' is a list of at most ${FILES_LIMIT} paths.`, { target: 'FileNames' });
    const upload = newGuid();
    const sign = await signed(workspace, ARTIFACT_CONTAINER, 'rcw');
    return {
      // By number: the client encodes the path of an address once more when it writes there (seen).
      fileNodes: names.map((fullName: string, index) => {
        checkedPath(fullName);
        return { fullName, blobUri: sign(`${UPLOADS}/${upload}/${index}`) };
      }),
    };
  });

  service.post(`${BASE}/:snapshot`, async (request) => {
    const workspace = await workspaceOf(deps.workspaces, request);
    const id = parameter(request, 'snapshot').toLowerCase();
    if (!isSnapshotId(id))
      throw invalid(`A snapshot's id is a GUID, not '${id.slice(0, 200)}'.`, { target: 'snapshotId' });
    if (await versions.find(workspace.id, 'codes', id, '1')) throw taken(id);
    const notes = { tags: notesOf(request, 'Tags'), properties: notesOf(request, 'Properties') };
    const sources = await sourcesOf(workspace, request.body);
    const root = pathOf(workspace, `${FOLDER}/${id}`);
    await rm(root, { recursive: true, force: true });
    for (const [path, { file, isUpload }] of sources) {
      const target = pathOf(workspace, `${FOLDER}/${id}/${path}`);
      await mkdir(dirname(target), { recursive: true });
      // What was uploaded is written under a name that the client still has a signature for: the snapshot's own name has none.
      if (isUpload) await rename(file, target);
      else await copyFile(file, target, constants.COPYFILE_FICLONE);
    }
    const codeUri = blobUrl(workspace.storageAccount, ARTIFACT_CONTAINER, `${FOLDER}/${id}`);
    const properties = { codeUri, isAnonymous: true, isArchived: false, description: null, ...notes };
    return shown(workspace, await versions.add(workspace.id, 'codes', { name: id, version: '1', properties }));
  });

  /** The file of each path of a snapshot that is to be made: uploaded for it, or of the snapshot that it changes. */
  const sourcesOf = async (workspace: Workspace, body: unknown) => {
    const listed = fieldOf(fieldOf(body, 'FileRevisionList'), 'FileNodes') ?? [];
    if (!Array.isArray(listed) || listed.length > FILES_LIMIT)
      throw invalid(`'FileRevisionList.FileNodes' is a list of at most ${FILES_LIMIT} files.`, { target: 'FileNodes' });
    const uploads = new Map<string, string>();
    for (const node of listed)
      uploads.set(
        checkedPath(textField(node, 'FullName') ?? ''),
        uploadOf(workspace, textField(node, 'BlobUri') ?? ''),
      );
    const parentId = textField(body, 'ParentSnapshotId');
    const parent = new Map<string, string>();
    if (parentId !== undefined)
      for (const { path, file } of (await contentOf(workspace, await snapshotOf(workspace, parentId))).files)
        parent.set(path, file);
    const sources = new Map<string, { file: string; isUpload: boolean }>();
    for (const path of pathsOfTree(fieldOf(body, 'DirTreeNode'))) {
      const upload = uploads.get(path);
      const file = upload === undefined ? parent.get(path) : pathOf(workspace, upload);
      if (file === undefined || !(await stat(file).catch(() => undefined))?.isFile())
        throw invalid(`The file '${path}' of the snapshot was neither uploaded nor is in its parent.`, {
          target: 'FileRevisionList',
        });
      sources.set(path, { file, isUpload: upload !== undefined });
    }
    if (sources.size === 0) throw invalid('A snapshot has at least one file.', { target: 'DirTreeNode' });
    return sources;
  };

  /** The blob of an upload for a snapshot of this workspace. @throws invalid for any other address */
  const uploadOf = (workspace: Workspace, address: string): string => {
    const place = parseReference(address.replace(/\?.*$/s, ''));
    const isUpload =
      place?.kind === 'storage' &&
      place.account === workspace.storageAccount &&
      place.container === ARTIFACT_CONTAINER &&
      new RegExp(`^${UPLOADS}/[0-9a-f-]{36}/\\d+$`).test(place.path);
    if (!isUpload)
      throw invalid("A 'BlobUri' is one that 'getblob' told for this workspace.", { target: 'FileRevisionList' });
    return place.path;
  };
}

const taken = (id: string) => conflict(`There is a snapshot '${id}' already. Choose another id.`);

const shown = (workspace: Workspace, { name, version, createdAt, properties }: AssetVersion) => ({
  id: snapshotIdOf(name, version),
  name,
  version,
  assetId: assetId(workspace, 'codes', name, version),
  createdTime: createdAt,
  tags: properties['tags'] ?? {},
  properties: properties['properties'] ?? {},
});

/** Tags or properties that a client sends: texts by name. */
function notesOf(request: FastifyRequest, field: string): Record<string, string> {
  const notes = fieldOf(request.body, field) ?? {};
  if (!isObject(notes) || JSON.stringify(notes).length > NOTES_LIMIT)
    throw invalid(`'${field}' is an object of texts, of at most ${NOTES_LIMIT / 1024} KiB.`, { target: field });
  return Object.fromEntries(
    Object.entries(notes).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)] as const])),
  );
}
