import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { uvSettings } from './pip-settings.ts';

test('pip’s files and variables are said again in uv’s words; what is said to uv itself stays', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'pip-settings-'));
  t.after(() => rmSync(home, { recursive: true }));
  mkdirSync(join(home, '.config/pip'), { recursive: true });
  writeFileSync(
    join(home, '.config/pip/pip.conf'),
    '[global]\nindex-url = https://one.example/simple\nextra-index-url =\n  https://two.example/simple\n  https://three.example/simple\n# no\n[install]\ntrusted-host: one.example\n[list]\nformat=columns\n',
  );
  writeFileSync(join(home, 'own.conf'), '[global]\nindex_url = https://own.example/simple\n');
  const settings = uvSettings({ HOME: home, PIP_CERT: '/roots.pem' }, 'linux');
  assert.equal(settings.UV_DEFAULT_INDEX, 'https://one.example/simple');
  assert.equal(settings.UV_INDEX, 'https://two.example/simple https://three.example/simple');
  assert.equal(settings.UV_INDEX_STRATEGY, 'unsafe-best-match');
  assert.equal(settings.UV_INSECURE_HOST, 'one.example');
  assert.equal(settings.SSL_CERT_FILE, '/roots.pem');
  const over = uvSettings(
    { HOME: home, PIP_CONFIG_FILE: join(home, 'own.conf'), SSL_CERT_FILE: '/mine.pem', PIP_CERT: '/roots.pem' },
    'linux',
  );
  assert.equal(over.UV_DEFAULT_INDEX, 'https://own.example/simple');
  assert.equal(over.SSL_CERT_FILE, undefined);
  assert.equal(
    uvSettings({ HOME: home, PIP_INDEX_URL: 'https://env.example' }, 'linux').UV_DEFAULT_INDEX,
    'https://env.example',
  );
});
