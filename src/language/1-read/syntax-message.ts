// The wording of the service's YAML parser for the faults of ours. The two parsers notice some faults at different places;
// what has no counterpart keeps our parser's own words.
const texts: Readonly<Record<string, { message: string; shape: 'parser' | 'scanner' }>> = {
  BLOCK_AS_IMPLICIT_KEY: { message: 'Mapping values are not allowed in this context.', shape: 'scanner' },
  MULTILINE_IMPLICIT_KEY: { message: "While scanning a simple key, could not find expected ':'.", shape: 'scanner' },
  BAD_INDENT: { message: 'While parsing a block mapping, did not find expected key.', shape: 'parser' },
  BAD_COLLECTION_TYPE: { message: 'While parsing a block mapping, did not find expected key.', shape: 'parser' },
  UNEXPECTED_TOKEN: { message: 'While parsing a block mapping, did not find expected key.', shape: 'parser' },
  TAB_AS_INDENT: {
    message: 'While scanning for the next token, found character that cannot start any token.',
    shape: 'scanner',
  },
  BAD_SCALAR_START: {
    message: 'While scanning for the next token, found character that cannot start any token.',
    shape: 'scanner',
  },
  BAD_DQ_ESCAPE: { message: 'While parsing a quoted scalar, found unknown escape character.', shape: 'scanner' },
  BAD_DIRECTIVE: { message: 'While scanning a directive, found unexpected character.', shape: 'scanner' },
};

/** The service's wording for a syntax fault, and which of its two layouts it takes. */
export function syntaxMessage(code: string, own: string): { message: string; shape: 'parser' | 'scanner' } {
  if (code === 'MISSING_CHAR') {
    if (/quote/.test(own))
      return { message: 'While scanning a quoted scalar, found unexpected end of stream.', shape: 'scanner' };
    if (/\]/.test(own))
      return { message: "While parsing a flow sequence, did not find expected ',' or ']'.", shape: 'parser' };
    if (/\}/.test(own))
      return { message: "While parsing a flow mapping, did not find expected ',' or '}'.", shape: 'parser' };
    return { message: "While scanning a simple key, could not find expected ':'.", shape: 'scanner' };
  }
  return texts[code] ?? { message: `${own}.`, shape: 'scanner' };
}
