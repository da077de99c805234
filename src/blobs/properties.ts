import type { BigIntStats } from 'node:fs';
import type { Lease } from './lease-state.ts';

/** What is kept of a blob besides its bytes, size and times. Absent means the service's default. */
export type BlobProperties = {
  type: 'BlockBlob' | 'AppendBlob';
  contentType?: string;
  contentEncoding?: string;
  contentLanguage?: string;
  contentDisposition?: string;
  cacheControl?: string;
  /** Base64. */
  contentMd5?: string;
  metadata: Record<string, string>;
  /** The committed blocks in order, when the blob was made of blocks. */
  blocks?: { id: string; size: number }[];
  appendedBlocks?: number;
  lease?: Lease;
  /** The copy that made the blob; gone when its bytes are written otherwise. */
  copy?: { id: string; source: string; completedAt: string };
};

/** A blob at one moment. `etag` is without quotes. */
export type BlobState = {
  readonly size: number;
  readonly etag: string;
  readonly modified: Date;
  readonly created: Date;
  readonly properties: BlobProperties;
};

export const plainProperties = (): BlobProperties => ({ type: 'BlockBlob', metadata: {} });

export function decodeProperties(text: string): BlobProperties {
  return JSON.parse(text) as BlobProperties;
}

/** The state of a file that came by another way than this service: its time and size make the ETag. */
export function derivedState(found: BigIntStats): BlobState {
  const modified = new Date(Number(found.mtimeMs));
  return {
    size: Number(found.size),
    etag: `0x8${(found.mtimeNs ^ (found.size << 20n)).toString(16).toUpperCase()}`,
    modified,
    created: modified,
    properties: plainProperties(),
  };
}
