/** What the server writes about itself: one JSON object a line. */
export type Log = {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
};

/** Drops everything; for tests. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
