/** Base64 forms shorter than this match ordinary words. */
const shortestCore = 6;
/** A line of a multi-line secret that is shorter says nothing, and would mask every brace of a JSON key. */
const shortestLine = 4;

/**
 * The texts under which a secret may appear in output, besides its base64 inside longer base64 ({@link base64Cores}): as it is,
 * trimmed, unquoted, each of its lines, URL-encoded in the ways that clients differ in, JSON- and XML-escaped, as shells quote
 * it in a trace, with the escapes of logging commands, and in base64.
 */
export function secretForms(secret: string): string[] {
  const forms = new Set<string>();
  const add = (text: string) => {
    if (text.trim() !== '') forms.add(text);
  };
  const plain = new Set([secret, secret.trim(), secret.replace(/^[\r\n]+|[\r\n]+$/g, ''), unquoted(secret.trim())]);
  for (const line of secret.split(/\r\n|\r|\n/)) if (line.trim().length >= shortestLine) plain.add(line.trim());
  for (const value of plain) {
    if (value.trim() === '') continue;
    if (!/[\r\n]/.test(value)) add(value);
    for (const form of urlForms(value)) add(form);
    for (const form of escapedForms(value)) add(form);
  }
  for (const core of base64Cores(secret)) add(core);
  // What `echo "$SECRET" | base64` and `printf %s` encode differs by a line end at most: both are covered by the core of
  // alignment 0 but for its tail, which depends on what follows.
  for (const value of [secret, `${secret}\n`]) {
    const bytes = Buffer.from(value, 'utf8');
    if (bytes.length < 3) continue;
    add(bytes.toString('base64').replace(/=+$/, ''));
    add(bytes.toString('base64url'));
  }
  return [...forms];
}

/**
 * The parts of base64 text that a secret determines when it stands somewhere inside the encoded bytes: one for each of the three
 * alignments, without the characters that its neighbours share; standard and URL-safe alphabet.
 */
export function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const cores = new Set<string>();
  for (let before = 0; before < 3; before += 1) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    const core = encoded.slice(first, last);
    if (core.length < shortestCore) continue;
    cores.add(core);
    cores.add(core.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [...cores];
}

function unquoted(value: string): string {
  const match = /^(["'])([\s\S]*)\1$/.exec(value);
  return match?.[2] ?? value;
}

function urlForms(value: string): string[] {
  let encoded: string;
  try {
    encoded = encodeURIComponent(value);
  } catch {
    // A lone surrogate has no UTF-8 form, so no client can encode it.
    return [];
  }
  const strict = encoded.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const all = [encoded, strict, strict.replaceAll('%2F', '/'), strict.replaceAll('%20', '+'), encodeURI(value)];
  return all.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase())]);
}

function escapedForms(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const xml = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const command = value.replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return [
    json,
    json.replaceAll('/', '\\/'),
    ascii,
    xml,
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    command,
    command.replaceAll(';', '%3B').replaceAll(']', '%5D'),
    value.replaceAll('\\', '\\\\'),
    value.replaceAll("'", "'\\''"),
    // `printf %q` and the trace of bash: a backslash before each character that means something to a shell.
    value.replace(/[^A-Za-z0-9_@%+=:,./\n\r-]/g, (one) => `\\${one}`),
  ].filter((form) => !/[\r\n]/.test(form));
}
