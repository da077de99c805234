import { finishingLine } from './log-text.ts';
import type { Masker } from './masking.ts';
import type { Uploads } from './uploads.ts';

/** A record's log as its step writes it: masked, line by line. */
export type StepOutput = {
  readonly recordId: string;
  /** Lines so far; the next line has this number plus one. */
  readonly lineCount: () => number;
  /** One message, which may be several lines. */
  print(text: string): void;
  /** Text that needs no masking, because the author's words alone are in it (the header block). */
  printPlain(line: string): void;
  finish(name: string): void;
};

/** Opens the log of a record. */
export function createStepOutput(recordId: string, uploads: Uploads, masker: Masker): StepOutput {
  let count = 0;
  const line = (text: string) => {
    count += 1;
    uploads.line(recordId, text);
  };
  const print = (text: string) => {
    for (const one of masker.mask(text).split('\n')) line(one);
  };
  return {
    recordId,
    lineCount: () => count,
    print,
    printPlain: line,
    finish(name) {
      print(finishingLine(name));
      uploads.endLog(recordId);
    },
  };
}
