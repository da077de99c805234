import type { Problems } from '../diagnostics.ts';
import type { Node } from './node.ts';
import { type Mark, ReadingEnds, YamlFault } from './yaml-fault.ts';
import { readNodes } from './yaml-nodes.ts';

/** A file as read. With `end` the reading stopped there, for a reason that is reported; `node` is what came before. */
export type ReadFile = { readonly node?: Node; readonly end?: { readonly line: number; readonly column: number } };

/**
 * Reads a YAML file into nodes with places; `${{ }}` texts are divided and their syntax is checked.
 * @param largestFile bytes that it may have
 */
export function readYaml(text: string, file: string, problems: Problems, largestFile: number): ReadFile {
  if (text.length > largestFile || new TextEncoder().encode(text).length > largestFile) {
    problems.inFile(file, 'file-too-large', String(largestFile));
    return {};
  }
  const read: { node?: Node } = {};
  try {
    // Half a surrogate pair is no character; no file has one, but a caller's text may.
    readNodes(text.toWellFormed(), file, problems, (root) => {
      read.node = root;
    });
    return read;
  } catch (error) {
    if (error instanceof YamlFault) {
      reportFault(error, file, problems);
      return { ...read, end: error.start };
    }
    if (!(error instanceof ReadingEnds)) throw error;
    const place = { file, line: error.at.line, column: error.at.column };
    switch (error.reason) {
      case 'anchor':
        problems.inFile(place, 'anchors-not-supported', error.anchor);
        break;
      case 'too-deep':
        problems.inFile(place, 'too-deep');
        break;
      case 'second-document':
        problems.inFile(place, 'document-expected-end');
    }
    return { ...read, end: error.at };
  }
}

function reportFault({ message, start, end, layout }: YamlFault, file: string, problems: Problems): void {
  const show = (mark: Mark) => `(Line: ${mark.line}, Col: ${mark.column}, Idx: ${mark.offset})`;
  const prefix =
    layout === 'position'
      ? `${file} (Line: ${start.line}, Col: ${start.column}):  `
      : `${file}: ${show(start)} - ${show(end)}: `;
  problems.add({
    code: 'syntax-error',
    severity: 'error',
    message,
    text: `${prefix}${message}\nObject reference not set to an instance of an object.`,
    file,
    line: start.line,
    column: start.column,
  });
}
