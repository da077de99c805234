// The public face of the store: rows in SQLite, large bytes in files, wake-ups on one bus.
export { createEventBus, type EventBus } from './events.ts';
export { type FileInfo, type Files, openFiles } from './files.ts';
export type { Migration } from './migrate.ts';
export { openStore, type Reader, type Store, type Writer } from './store.ts';
export { isSealed, openVault, type Vault } from './vault.ts';
