import { type Mark, type SyntaxToken, scanTokens } from './syntax-scanner.ts';

/** What the service's YAML parser says of a text, and where. `layout`: which of its two ways to print a place it takes. */
export type SyntaxFault = {
  readonly message: string;
  readonly start: Mark;
  readonly end: Mark;
  readonly layout: 'position' | 'range';
};

type State =
  | 'document'
  | 'document-content'
  | 'sequence'
  | 'indentless'
  | 'mapping-key'
  | 'mapping-value'
  | 'flow-sequence'
  | 'flow-sequence-next'
  | 'flow-mapping'
  | 'flow-mapping-next'
  | 'flow-mapping-value'
  | 'flow-pair-value';

/** Finds the first fault of a text by the grammar of the classic block and flow states. Undefined: this grammar finds none. */
export function findSyntaxFault(text: string): SyntaxFault | undefined {
  const tokens = scanTokens(text);
  // A state is taken from the stack, looks at the next token, and puts back what is to follow it.
  const states: State[] = ['document'];
  let at = 0;
  const peek = () => tokens[at]!;
  const faultAt = (token: SyntaxToken, message: string, layout: SyntaxFault['layout'] = 'range'): SyntaxFault =>
    token.kind === 'fault'
      ? { message: token.message!, start: token.start, end: token.end, layout: 'range' }
      : { message, start: token.start, end: token.end, layout };

  /** Reads a node; its content's states go on the stack. */
  const node = (allowIndentless: boolean): SyntaxFault | undefined => {
    while (peek().kind === 'anchor' || peek().kind === 'tag') at++;
    const token = peek();
    switch (token.kind) {
      case 'alias':
      case 'scalar':
        at++;
        return undefined;
      case 'flow-sequence-start':
        at++;
        states.push('flow-sequence');
        return undefined;
      case 'flow-mapping-start':
        at++;
        states.push('flow-mapping');
        return undefined;
      case 'block-sequence-start':
        at++;
        states.push('sequence');
        return undefined;
      case 'block-mapping-start':
        at++;
        states.push('mapping-key');
        return undefined;
      case 'block-entry':
        if (!allowIndentless) break;
        states.push('indentless');
        return undefined;
    }
    const before = tokens[at - 1];
    if (before?.kind === 'anchor' || before?.kind === 'tag') return undefined;
    return faultAt(token, 'While parsing a node, did not find expected token.');
  };

  for (let state = states.pop(); state; state = states.pop()) {
    const token = peek();
    let fault: SyntaxFault | undefined;
    switch (state) {
      case 'document':
        if (token.kind === 'stream-end') return undefined;
        if (token.kind === 'directive' || token.kind === 'document-end') {
          at++;
          states.push('document');
        } else if (token.kind === 'document-start' || at === 0 || tokens[at - 1]?.kind === 'document-end') {
          if (token.kind === 'document-start') at++;
          states.push('document', 'document-content');
        } else fault = faultAt(token, 'Did not find expected <document start>.');
        break;
      case 'document-content':
        if (!['stream-end', 'document-start', 'document-end', 'directive'].includes(token.kind)) fault = node(false);
        break;
      case 'sequence':
      case 'indentless':
        if (token.kind === 'block-entry') {
          at++;
          states.push(state);
          const ends =
            state === 'sequence' ? ['block-entry', 'block-end'] : ['block-entry', 'key', 'value', 'block-end'];
          if (!ends.includes(peek().kind)) fault = node(false);
        } else if (state === 'sequence') {
          if (token.kind === 'block-end') at++;
          else fault = faultAt(token, "While parsing a block collection, did not find expected '-' indicator.");
        }
        break;
      case 'mapping-key':
        if (token.kind === 'key') {
          at++;
          states.push('mapping-value');
          if (!['key', 'value', 'block-end'].includes(peek().kind)) fault = node(true);
        } else if (token.kind === 'value') states.push('mapping-value');
        else if (token.kind === 'block-end') at++;
        else fault = faultAt(token, 'While parsing a block mapping, did not find expected key.', 'position');
        break;
      case 'mapping-value':
        states.push('mapping-key');
        if (token.kind === 'value') {
          at++;
          if (!['key', 'value', 'block-end'].includes(peek().kind)) fault = node(true);
        }
        break;
      case 'flow-sequence':
      case 'flow-sequence-next':
        if (token.kind === 'flow-sequence-end') {
          at++;
          break;
        }
        if (state === 'flow-sequence-next') {
          if (token.kind !== 'flow-entry') {
            fault = faultAt(token, "While parsing a flow sequence, did not find expected ',' or ']'.");
            break;
          }
          at++;
          if (peek().kind === 'flow-sequence-end') {
            at++;
            break;
          }
        }
        states.push('flow-sequence-next');
        if (peek().kind === 'key') {
          at++;
          states.push('flow-pair-value');
          if (!['value', 'flow-entry', 'flow-sequence-end'].includes(peek().kind)) fault = node(false);
        } else fault = node(false);
        break;
      case 'flow-pair-value':
      case 'flow-mapping-value':
        if (token.kind === 'value') {
          at++;
          if (!['flow-entry', 'flow-sequence-end', 'flow-mapping-end'].includes(peek().kind)) fault = node(false);
        }
        break;
      case 'flow-mapping':
      case 'flow-mapping-next':
        if (token.kind === 'flow-mapping-end') {
          at++;
          break;
        }
        if (state === 'flow-mapping-next') {
          if (token.kind !== 'flow-entry') {
            // Two blanks after the comma, as the service's parser has them.
            fault = faultAt(token, "While parsing a flow mapping,  did not find expected ',' or '}'.");
            break;
          }
          at++;
          if (peek().kind === 'flow-mapping-end') {
            at++;
            break;
          }
        }
        states.push('flow-mapping-next');
        if (peek().kind === 'key') {
          at++;
          states.push('flow-mapping-value');
          if (!['value', 'flow-entry', 'flow-mapping-end'].includes(peek().kind)) fault = node(false);
        } else {
          states.push('flow-mapping-value');
          if (peek().kind !== 'value') fault = node(false);
        }
        break;
    }
    if (fault) return fault;
  }
  return undefined;
}
