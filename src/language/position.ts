/** A place in a source file; line and column count from 1. */
export type Position = { readonly file: string; readonly line: number; readonly column: number };
