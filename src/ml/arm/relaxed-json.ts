/** A comment; a text in either quotes; a bare name before a colon; a comma before a closing bracket; or a run of anything else. */
const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)|(?<text>"(?:[^"\\]|\\[\s\S])*")|'(?<single>(?:[^'\\]|\\[\s\S])*)'|(?<name>[A-Za-z_$][\w$]*)(?=\s*:)|(?<comma>,)(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])|[\w.+-]+|[\s\S]/g;

const CONTROL: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Parses a request's body. Templates have comments and texts of several lines, and `az deployment` sends them as they are, under a name without
 * quotes (recorded): what isn't JSON is read as the service reads it.
 * @throws SyntaxError, that of the strict reading, when it is neither
 */
export function parseRelaxedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (strict) {
    const plain = text.replaceAll(TOKEN, (token, ...rest) => {
      const found = rest.at(-1) as Record<'comment' | 'text' | 'single' | 'name' | 'comma', string | undefined>;
      if (found.comment !== undefined) return ' ';
      if (found.comma !== undefined) return '';
      if (found.name !== undefined) return JSON.stringify(found.name);
      if (found.text !== undefined) return token.replaceAll(/[\n\r\t]/g, (one) => CONTROL[one] as string);
      if (found.single !== undefined) return JSON.stringify(found.single.replaceAll(/\\(['\\])/g, '$1'));
      return token;
    });
    try {
      return JSON.parse(plain) as unknown;
    } catch {
      throw strict;
    }
  }
}
