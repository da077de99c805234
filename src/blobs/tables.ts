import type { Migration } from '../store/index.ts';

/** The tables of the blob service, as queries see them. */
export type BlobsTables = {
  blobs_accounts: { account: string; key_sealed: string; created_at: string };
  blobs_containers: {
    account: string;
    container: string;
    metadata: string;
    etag: string;
    modified_at: string;
    /** JSON of a Lease. */
    lease: string | null;
    /** JSON of the stored access policies, in their order. */
    policies: string | null;
  };
  /** What blobs were at some moment; the bytes are a file of their own. */
  blobs_snapshots: {
    account: string;
    container: string;
    name: string;
    /** The moment, as the service writes it, with seven digits of a second. */
    snapshot: string;
    /** Name of the file in the folder of snapshots. */
    file: string;
    etag: string;
    modified_at: string;
    created_at: string;
    properties: string;
  };
  /** What a file system doesn't keep of a blob. Counts only while the file is the one it was written for (size and time). */
  blobs_properties: {
    account: string;
    container: string;
    name: string;
    size: number;
    modified_ns: string;
    etag: string;
    modified_at: string;
    created_at: string;
    properties: string;
  };
};

export const blobsMigrations: Migration[] = [
  {
    name: 'blobs/0001-accounts-and-properties',
    statements: [
      'CREATE TABLE blobs_accounts (account TEXT PRIMARY KEY, key_sealed TEXT NOT NULL, created_at TEXT NOT NULL)',
      `CREATE TABLE blobs_containers (account TEXT NOT NULL, container TEXT NOT NULL, metadata TEXT NOT NULL, etag TEXT NOT NULL,
        modified_at TEXT NOT NULL, PRIMARY KEY (account, container))`,
      `CREATE TABLE blobs_properties (account TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL, size BIGINT NOT NULL,
        modified_ns TEXT NOT NULL, etag TEXT NOT NULL, modified_at TEXT NOT NULL, created_at TEXT NOT NULL,
        properties TEXT NOT NULL, PRIMARY KEY (account, container, name))`,
    ],
  },
  {
    name: 'blobs/0002-snapshots-leases-and-policies',
    statements: [
      `CREATE TABLE blobs_snapshots (account TEXT NOT NULL, container TEXT NOT NULL, name TEXT NOT NULL, snapshot TEXT NOT NULL,
        file TEXT NOT NULL, etag TEXT NOT NULL, modified_at TEXT NOT NULL, created_at TEXT NOT NULL, properties TEXT NOT NULL,
        PRIMARY KEY (account, container, name, snapshot))`,
      'ALTER TABLE blobs_containers ADD COLUMN lease TEXT',
      'ALTER TABLE blobs_containers ADD COLUMN policies TEXT',
    ],
  },
];
