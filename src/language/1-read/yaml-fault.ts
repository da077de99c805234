/** A place in a text: offset from 0, line and column from 1. */
export type Mark = { readonly offset: number; readonly line: number; readonly column: number };

/** What the service's YAML parser says of a text, and where. `layout`: which of its two ways to print a place it takes. */
export class YamlFault extends Error {
  readonly start: Mark;
  readonly end: Mark;
  readonly layout: 'position' | 'range';

  constructor(message: string, start: Mark, end: Mark = start, layout: 'position' | 'range' = 'range') {
    super(message);
    this.start = start;
    this.end = end;
    this.layout = layout;
  }
}

/** Ends the reading: what a pipeline may not have although it is YAML. */
export class ReadingEnds extends Error {
  readonly reason: 'anchor' | 'too-deep' | 'second-document';
  readonly at: Mark;
  /** Name of the anchor. */
  readonly anchor: string;

  constructor(reason: ReadingEnds['reason'], at: Mark, anchor = '') {
    super(reason);
    this.reason = reason;
    this.at = at;
    this.anchor = anchor;
  }
}
