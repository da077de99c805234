/** Text as XML content or attribute value. */
export function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** An element with text; an empty one when there is none. */
export function xmlElement(name: string, text: string | number | undefined): string {
  return text === undefined || text === '' ? `<${name} />` : `<${name}>${xmlText(String(text))}</${name}>`;
}

export const XML_HEAD = '<?xml version="1.0" encoding="utf-8"?>';

/** The text that character references and entities stand for. */
export function xmlUnescape(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|([a-z]+));/gi, (whole, hex, decimal, name) => {
    const point = hex ? Number.parseInt(hex, 16) : decimal ? Number(decimal) : undefined;
    if (point !== undefined) return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
    return named[(name as string).toLowerCase()] ?? whole;
  });
}
