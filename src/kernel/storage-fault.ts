/**
 * Why something could not be stored, when the disk is to blame: it is full (or a quota is used up), or it may not be written.
 * Knows the system's errors and those of SQLite, whose primary code is the lowest byte of `errcode`.
 */
export function storageFault(error: unknown): 'full' | 'unwritable' | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, errcode, cause } = error as { code?: unknown; errcode?: unknown; cause?: unknown };
  if (typeof code === 'string' && FULL.has(code)) return 'full';
  if (typeof code === 'string' && UNWRITABLE.has(code)) return 'unwritable';
  if (typeof errcode === 'number') {
    const primary = errcode & 0xff;
    if (primary === SQLITE_FULL) return 'full';
    if (primary === SQLITE_READONLY || primary === SQLITE_CANTOPEN || primary === SQLITE_IOERR) return 'unwritable';
  }
  return storageFault(cause);
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const UNWRITABLE = new Set(['EROFS', 'EIO']);
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
