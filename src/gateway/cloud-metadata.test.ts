import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { createFront, createService } from '../http/index.ts';
import { silentLog } from '../kernel/log.ts';
import { cloudMetadataHosts, cloudMetadataPrefixes, createCloudMetadata } from './cloud-metadata.ts';

test('the metadata document is answered on the resource manager’s host, which is otherwise its own', async () => {
  const refuse = async () => undefined;
  const arm = createService({
    name: 'arm',
    log: silentLog,
    authenticate: refuse,
    toWire: () => ({ status: 500, body: {} }),
  });
  arm.get('/*', { config: { open: true } }, async () => 'arm');
  const front = await createFront([
    {
      service: () => createCloudMetadata({ log: silentLog, authenticate: refuse, extensionFolders: [] }),
      hosts: cloudMetadataHosts,
      prefixes: cloudMetadataPrefixes,
    },
    { service: arm, hosts: (host) => host === 'management.azure.com', prefixes: [] },
  ]);
  const port = await front.listen(0);
  const get = (path: string, host = 'management.azure.com') =>
    new Promise<string>((resolve, reject) => {
      request({ port, path, headers: { host } }, (answer) => {
        answer.setEncoding('utf8');
        let text = '';
        answer.on('data', (piece: string) => {
          text += piece;
        });
        answer.on('end', () => resolve(text));
      })
        .on('error', reject)
        .end();
    });
  try {
    const [cloud, built] = JSON.parse(await get('/metadata/endpoints?api-version=2019-05-01')) as Record<
      string,
      unknown
    >[];
    assert.deepEqual(built, { ...cloud, name: 'AzureCloud' });
    assert.equal(cloud?.['resourceManager'], 'https://management.azure.com/');
    assert.equal(await get('/_cloud/metadata/endpoints', '127.0.0.1'), JSON.stringify([cloud]));
    assert.equal(await get('/metadata/other'), 'arm');
    assert.equal(await get('/subscriptions?next=/metadata/endpoints'), 'arm');
  } finally {
    await front.close();
  }
});
