import { insideRoot } from '../kernel/paths.ts';
import { BlobError } from './blob-error.ts';

/** One blob's place, or with `snapshot` what it was at that moment. */
export type BlobName = {
  readonly account: string;
  readonly container: string;
  readonly name: string;
  readonly snapshot?: string;
};

const ACCOUNT = /^[a-z0-9]{3,24}$/;
const CONTAINER = /^(?=.{3,63}$)(?:\$root|\$web|\$logs|[a-z0-9](?:-?[a-z0-9])*)$/;
/** Longest name of a blob (documented) and of one segment on common file systems. */
const NAME_LIMIT = 1024;
const SEGMENT_LIMIT = 255;

/** Begins the file names that stand for segments which file systems cannot hold. */
const ESCAPE = '%~';

/** @throws BlobError OutOfRangeInput for a name that no account or container can have */
export function checkContainerName(account: string, container: string): void {
  if (!ACCOUNT.test(account))
    throw new BlobError(400, 'InvalidUri', `'${account.slice(0, 80)}' is not the name of a storage account.`);
  if (!CONTAINER.test(container))
    throw new BlobError(
      400,
      'InvalidResourceName',
      `'${container.slice(0, 80)}' is not a container's name: 3 to 63 lower-case letters, digits and single hyphens.`,
    );
}

/**
 * The path of a blob below the root of the service. A name's segments become folders, so that the folder `a/b` on disk holds what the
 * names with the prefix `a/b/` hold; only empty segments, `.` and `..` are written otherwise.
 * @throws BlobError for a name that is too long
 */
export function blobPath(root: string, blob: BlobName): string {
  checkContainerName(blob.account, blob.container);
  if (blob.name === '' || blob.name.length > NAME_LIMIT || blob.name.includes('\0'))
    throw new BlobError(400, 'InvalidUri', `A blob's name has 1 to ${NAME_LIMIT} characters, none of them NUL.`);
  const segments = blob.name.split('/').map(fileNameOf);
  return insideRoot(root, [blob.account, blob.container, ...segments].join('/'));
}

/** The path of what lies below a name prefix that is empty or whole segments (`a/b`, `a/b/`). */
export function folderPath(root: string, account: string, container: string, prefix: string): string {
  checkContainerName(account, container);
  const segments = prefix.split('/').filter((segment, index, all) => !(segment === '' && index === all.length - 1));
  return insideRoot(root, [account, container, ...segments.map(fileNameOf)].join('/'));
}

/** The file name that a segment of a blob's name gets. */
export function fileNameOf(segment: string): string {
  if (segment === '') return `${ESCAPE}empty`;
  if (segment === '.') return `${ESCAPE}dot`;
  if (segment === '..') return `${ESCAPE}dotdot`;
  const name = segment.startsWith(ESCAPE) ? `${ESCAPE}as-is-${segment}` : segment;
  if (Buffer.byteLength(name) > SEGMENT_LIMIT)
    throw new BlobError(
      400,
      'InvalidUri',
      `The part '${segment.slice(0, 40)}…' of the blob's name is longer than ${SEGMENT_LIMIT} bytes, which file systems cannot hold.`,
    );
  return name;
}

/** The segment that a file name stands for. */
export function segmentOf(fileName: string): string {
  switch (fileName) {
    case `${ESCAPE}empty`:
      return '';
    case `${ESCAPE}dot`:
      return '.';
    case `${ESCAPE}dotdot`:
      return '..';
    default:
      return fileName.startsWith(`${ESCAPE}as-is-`) ? fileName.slice(`${ESCAPE}as-is-`.length) : fileName;
  }
}
