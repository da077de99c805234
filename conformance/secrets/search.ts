// Searches every file below a folder for secrets in clear, in base64 (at all three alignments) and URL-encoded.
// Usage: node conformance/secrets/search.ts FOLDER SECRET [SECRET …]; a secret `@FILE` stands for the lines of a file.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The forms under which a secret could lie in a file. Base64 is cut to the part that does not depend on its neighbours. */
export function formsOf(secret: string): { form: string; text: string }[] {
  const bytes = Buffer.from(secret);
  const aligned = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    return text.slice(shift === 0 ? 0 : shift + 1, text.length - 1 - ((shift + bytes.length) % 3 === 0 ? -1 : 1));
  });
  return [
    { form: 'plain', text: secret },
    ...aligned.map((text, shift) => ({ form: `base64+${shift}`, text })),
    ...aligned.map((text, shift) => ({
      form: `base64url+${shift}`,
      text: text.replaceAll('+', '-').replaceAll('/', '_'),
    })),
    { form: 'URL-encoded', text: encodeURIComponent(secret) },
  ].filter((entry) => entry.text.length >= 8);
}

/** Every place below `folder` where a form of a secret lies. Secrets are named by their position, never printed. */
export function findSecrets(folder: string, secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret, index) => formsOf(secret).map((entry) => ({ ...entry, index })));
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const content = readFileSync(file);
    for (const { form, text, index } of forms)
      if (content.includes(text)) found.push(`secret ${index + 1} as ${form} in ${file}`);
  }
  return [...new Set(found)];
}

if (import.meta.main) {
  const [folder, ...rest] = process.argv.slice(2);
  const secrets = rest
    .flatMap((value) => (value.startsWith('@') ? readFileSync(value.slice(1), 'utf8').split('\n') : [value]))
    .filter((value) => value.length >= 8);
  if (!folder || secrets.length === 0) {
    console.error('Usage: node conformance/secrets/search.ts FOLDER SECRET|@FILE …');
    process.exit(2);
  }
  const found = findSecrets(folder, secrets);
  for (const line of found) console.log(line);
  console.log(`${secrets.length} secrets searched for, found in ${found.length} places`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
