import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLineSplitter } from './lines.ts';
import { createMasker } from './masking.ts';

function maskerOf(...secrets: string[]) {
  const masker = createMasker();
  for (const secret of secrets) masker.add(secret);
  return masker;
}

test('every form of a secret is masked', () => {
  const secret = 'p@ss "w/örd"+x\\y;z';
  const masker = maskerOf(secret);
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const forms = [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    encodeURIComponent(secret).toLowerCase(),
    JSON.stringify(secret),
    base64(secret),
    base64(`a${secret}`),
    base64(`ab${secret}tail`),
    base64(`${secret}\n`),
    Buffer.from(`user:${secret}`).toString('base64url'),
  ];
  for (const form of forms) {
    const masked = masker.mask(`before ${form} after`);
    assert.match(masked, /^before .{0,8}\*\*\*.{0,8} after$/, form);
  }
});

test('overlapping and adjacent finds become one, longer secrets win over parts of them', () => {
  assert.equal(maskerOf('abcdef', 'defghi').mask('x abcdefghi y'), 'x *** y');
  assert.equal(maskerOf('abcd', 'efgh').mask('abcdefgh'), '***');
  assert.equal(maskerOf('  ', '').mask('a  b'), 'a  b');
});

test('lines of a multi-line secret, and base64 that a tool has wrapped', () => {
  const key = `-----BEGIN KEY-----\n${'QUJD'.repeat(16)}\n}\n-----END KEY-----`;
  const masker = maskerOf(key);
  assert.equal(masker.mask(`one\n${'QUJD'.repeat(16)}\n}`), 'one\n***\n}');
  const token = Array.from({ length: 40 }, (_, index) => `part${index * 7919}`).join('.');
  const wrapped = Buffer.from(`prefix ${token}`)
    .toString('base64')
    .match(/.{1,76}/g) as string[];
  const other = maskerOf(token);
  for (const line of wrapped.slice(1, -1)) assert.equal(other.mask(line), '***');
});

test('no piece of a stream shows a secret, wherever its chunks are cut', () => {
  fc.assert(
    fc.property(
      fc
        .string({ minLength: 4, maxLength: 30 })
        .filter((text) => !/[\r\n*]/.test(text) && text.trim() === text && text.trim() !== ''),
      fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 13 }),
      (secret, around, size) => {
        const masker = maskerOf(secret);
        const out: string[] = [];
        const splitter = createLineSplitter({
          whole: (lines) => out.push(...lines.map((line) => masker.mask(line))),
          part(text) {
            const { masked, taken } = masker.maskPart(text);
            out.push(masked);
            return taken;
          },
        });
        const bytes = Buffer.from(around.map((text) => text + secret).join('\n'));
        for (let at = 0; at < bytes.length; at += size) splitter.write(bytes.subarray(at, at + size));
        splitter.end();
        return out.every((line) => !line.includes(secret));
      },
    ),
    { numRuns: 300 },
  );
});

test('an endless line goes out in pieces that cut no secret', () => {
  const secret = 'needle-in-the-haystack';
  const masker = maskerOf(secret);
  const text = `${'x'.repeat(90)}${secret}${'y'.repeat(10)}`;
  for (let length = 91; length < text.length; length += 1) {
    const { masked, taken } = masker.maskPart(text.slice(0, length));
    const all = masked + masker.mask(text.slice(taken));
    assert.ok(!all.includes('needle') && !all.includes('haystack'), `${length}: ${all}`);
  }
});
