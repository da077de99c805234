import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { groups } from './groups.ts';

const page = new URL('../../../docs/compatibility.md', import.meta.url);

/** The commands that the page's table says there are, as the words after `az`. */
function documented(): string[] {
  const [, section = ''] = /^## az, embedded$([\s\S]*?)^## /m.exec(readFileSync(page, 'utf8')) ?? [];
  const words = (text: string) => [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
  return section
    .split('\n')
    .filter((line) => /^\| (`|top level)/.test(line))
    .flatMap((line) => {
      const [, where = '', commands = ''] = line.split('|');
      const [group] = words(where);
      return words(commands.split(';')[0] ?? '').map((command) => (group ? `${group} ${command}` : command));
    })
    .sort();
}

test('the compatibility page lists the commands that there are, all of them', async () => {
  const registries = await Promise.all(Object.values(groups).map((group) => group.load()));
  const commands = [...new Set(registries.flatMap(({ registry }) => Object.keys(registry)))].sort();
  assert.deepEqual(documented(), commands);
});
