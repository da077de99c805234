import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BlobError } from './blob-error.ts';
import type { BlobStore } from './blob-store.ts';
import { headersOf } from './conditions.ts';
import type { BlobName } from './names.ts';
import { type Answer, type BlobRequest, blobOf } from './request.ts';
import { propertiesOf, readBody, receive, type WriteContext, writeCheck } from './write.ts';
import { XML_HEAD, xmlElement, xmlUnescape } from './xml.ts';

/** Limits of a block blob (documented). */
const BLOCK_LIMIT = 4000 * 1024 * 1024;
const BLOCK_COUNT_LIMIT = 50_000;
const LIST_BYTES_LIMIT = 8 * 1024 * 1024;
/** Blocks that nobody commits go after a week (documented). */
const STAGED_DAYS = 7;

/** Where the uncommitted blocks of a blob lie, away from what is listed. */
function stageOf(root: string, blob: BlobName): string {
  const hash = createHash('sha256').update(`${blob.account}/${blob.container}/${blob.name}`).digest('hex');
  return join(root, '_staged', hash);
}

const nameFile = (stage: string) => `${stage}.name`;

/** Writes down whose blocks are staged, for lists that ask for blobs that are not committed yet. */
async function keepName(stage: string, blob: BlobName): Promise<void> {
  await writeFile(nameFile(stage), JSON.stringify(blob), { flag: 'wx', mode: 0o600 }).catch((error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
}

async function removeStage(stage: string): Promise<void> {
  await rm(stage, { recursive: true, force: true });
  await rm(nameFile(stage), { force: true });
}

/** The names of a container's blobs that have staged blocks and were never committed, in order. */
export async function stagedNames(store: BlobStore, account: string, container: string): Promise<string[]> {
  const folder = join(store.root, '_staged');
  const names: string[] = [];
  for (const file of await readdir(folder).catch(() => [] as string[])) {
    if (!file.endsWith('.name')) continue;
    const text = await readFile(join(folder, file), 'utf8').catch(() => undefined);
    const blob = text === undefined ? undefined : (JSON.parse(text) as BlobName);
    if (blob?.account === account && blob.container === container) names.push(blob.name);
  }
  const states = await store.states(account, container, names);
  return names.filter((_name, index) => !states[index]).sort();
}

function absentBlob(error: unknown): undefined {
  if (error instanceof BlobError && error.code === 'BlobNotFound') return undefined;
  throw error;
}

/** Put Block: keeps a piece until a block list takes it up. */
export async function putBlock(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const { store } = context;
  const before = await store.state(blobOf(request)).catch(absentBlob);
  if (before && before.properties.type !== 'BlockBlob')
    throw new BlobError(409, 'InvalidBlobType', 'The blob is not a block blob.');
  writeCheck({ ...context, createOnly: false }, request)(before);
  const file = blockFile(request.query.get('blockid') ?? '');
  const draft = await receive(store, request, BLOCK_LIMIT);
  const target = join(stageOf(store.root, blobOf(request)), file);
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    if (!before) await keepName(dirname(target), blobOf(request));
    await rename(draft.path, target);
  } catch (error) {
    await store.drafts.discard(draft);
    throw error;
  }
  return { status: 201, headers: { 'content-md5': draft.md5, 'x-ms-request-server-encrypted': 'true' } };
}

/** The id as a file name. @throws BlobError for an id that isn't base64 of at most 64 bytes */
function blockFile(id: string): string {
  const bytes = Buffer.from(id, 'base64');
  if (id === '' || bytes.length === 0 || bytes.length > 64)
    throw new BlobError(400, 'InvalidQueryParameterValue', "The parameter 'blockid' must be base64 of 1 to 64 bytes.");
  return bytes.toString('hex');
}

/** Put Block List: joins blocks, staged and committed ones alike, to the blob's new content. */
export async function putBlockList(context: WriteContext, request: BlobRequest): Promise<Answer> {
  const { store } = context;
  const blob: BlobName = blobOf(request);
  const wanted = parseBlockList((await readBody(store, request, LIST_BYTES_LIMIT)).toString('utf8'));
  const stage = stageOf(store.root, blob);
  const before = await store.state(blob).catch(absentBlob);
  writeCheck(context, request)(before);
  const committed = new Map<string, { offset: number; size: number }>();
  let offset = 0;
  for (const block of before?.properties.blocks ?? []) {
    committed.set(block.id, { offset, size: block.size });
    offset += block.size;
  }
  const path = await store.drafts.path();
  const blocks: { id: string; size: number }[] = [];
  try {
    await appendFile(path, '', { mode: 0o600 });
    const source = before ? await store.open(blob) : undefined;
    try {
      for (const { id, from } of wanted) {
        const staged = from === 'Committed' ? undefined : await stat(join(stage, blockFile(id))).catch(() => undefined);
        const old = from === 'Uncommitted' || staged ? undefined : committed.get(id);
        if (!staged && !old)
          throw new BlobError(400, 'InvalidBlockList', `The block '${id}' is not there. Send it, then the list again.`);
        if (staged?.size === 0 || old?.size === 0) {
          blocks.push({ id, size: 0 });
          continue;
        }
        const piece = staged
          ? createReadStream(join(stage, blockFile(id)))
          : source!.file.createReadStream({
              start: old!.offset,
              end: old!.offset + old!.size - 1,
              autoClose: false,
            });
        const sink = await open(path, 'a');
        await pipeline(piece, sink.createWriteStream());
        blocks.push({ id, size: staged?.size ?? old!.size });
      }
    } finally {
      await source?.file.close();
    }
    const handle = await open(path, 'r+');
    await handle.sync();
    await handle.close();
    const size = blocks.reduce((sum, block) => sum + block.size, 0);
    const etag = before?.etag;
    const state = await store.commit(
      blob,
      { path, size, md5: '' },
      { ...listProperties(request), blocks },
      (current) => {
        writeCheck(context, request)(current);
        // The committed blocks that were copied must still be the blob's.
        if (current?.etag !== etag && wanted.some((block) => block.from !== 'Uncommitted') && committed.size > 0)
          throw new BlobError(
            409,
            'BlobBeingModified',
            'The blob was changed while its block list was put. Try again.',
          );
      },
    );
    await removeStage(stage);
    return { status: 201, headers: { ...headersOf(state), 'x-ms-request-server-encrypted': 'true' } };
  } finally {
    await rm(path, { force: true });
  }
}

/** The plain content headers of this request describe the list, not the blob. */
function listProperties(request: BlobRequest) {
  const { contentType, contentEncoding, contentLanguage, cacheControl, ...rest } = propertiesOf(request);
  const own = (name: string, value: string | undefined, key: string) =>
    request.header(`x-ms-blob-${name}`) === undefined || value === undefined ? {} : { [key]: value };
  return {
    ...rest,
    ...own('content-type', contentType, 'contentType'),
    ...own('content-encoding', contentEncoding, 'contentEncoding'),
    ...own('content-language', contentLanguage, 'contentLanguage'),
    ...own('cache-control', cacheControl, 'cacheControl'),
  };
}

/** The blocks that a list names, in order. @throws BlobError InvalidXmlDocument */
function parseBlockList(text: string): { id: string; from: 'Latest' | 'Committed' | 'Uncommitted' }[] {
  const inner = /<BlockList(?:\s[^>]*)?(?:\/>|>([\s\S]*)<\/BlockList>)/.exec(text);
  const invalid = () =>
    new BlobError(
      400,
      'InvalidXmlDocument',
      'The body must be a BlockList of Latest, Committed and Uncommitted elements.',
    );
  if (!inner) throw invalid();
  const content = inner[1] ?? '';
  const found = [...content.matchAll(/<(Latest|Committed|Uncommitted)>([^<]*)<\/\1>/g)];
  if (content.replace(/<(Latest|Committed|Uncommitted)>([^<]*)<\/\1>/g, '').trim() !== '') throw invalid();
  if (found.length > BLOCK_COUNT_LIMIT)
    throw new BlobError(409, 'BlockCountExceedsLimit', `A blob has at most ${BLOCK_COUNT_LIMIT} blocks.`);
  return found.map((match) => ({
    id: xmlUnescape(match[2] as string).trim(),
    from: match[1] as 'Latest' | 'Committed' | 'Uncommitted',
  }));
}

/** Get Block List. */
export async function getBlockList(store: BlobStore, request: BlobRequest): Promise<Answer> {
  const blob: BlobName = blobOf(request);
  const stage = stageOf(store.root, blob);
  const files = await readdir(stage).catch(() => [] as string[]);
  const staged = await Promise.all(
    files.map(async (file) => ({
      id: Buffer.from(file, 'hex').toString('base64'),
      size: (await stat(join(stage, file))).size,
    })),
  );
  const state = await store.state(blob).catch((error: unknown) => {
    if (error instanceof BlobError && error.code === 'BlobNotFound' && staged.length > 0) return undefined;
    throw error;
  });
  const type = (request.query.get('blocklisttype') ?? 'committed').toLowerCase();
  const render = (blocks: readonly { id: string; size: number }[]) =>
    blocks.map(({ id, size }) => `<Block>${xmlElement('Name', id)}${xmlElement('Size', size)}</Block>`).join('');
  const committed =
    type === 'uncommitted' ? '' : `<CommittedBlocks>${render(state?.properties.blocks ?? [])}</CommittedBlocks>`;
  const uncommitted = type === 'committed' ? '' : `<UncommittedBlocks>${render(staged)}</UncommittedBlocks>`;
  return {
    status: 200,
    headers: {
      ...(state ? headersOf(state) : {}),
      'content-type': 'application/xml',
      'x-ms-blob-content-length': String(state?.size ?? 0),
    },
    text: `${XML_HEAD}<BlockList>${committed}${uncommitted}</BlockList>`,
  };
}

/** Removes blocks that were never committed and drafts that a crash left. */
export async function sweepStaged(root: string, now: Date): Promise<void> {
  const oldest = now.getTime() - STAGED_DAYS * 24 * 3600 * 1000;
  for (const folder of ['_staged', '_drafts']) {
    const names = await readdir(join(root, folder)).catch(() => [] as string[]);
    for (const name of names) {
      const path = join(root, folder, name);
      // A name goes with its folder.
      if (name.endsWith('.name') && names.includes(name.slice(0, -'.name'.length))) continue;
      const found = await stat(path).catch(() => undefined);
      if (found && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
    }
  }
}
