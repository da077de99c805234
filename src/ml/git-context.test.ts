import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readGitContext } from './git-context.ts';

const URL = 'https://github.com/org/repo.git';

test('the forms of docker: repository, reference and folder, each of which may be left out', () => {
  assert.deepEqual(readGitContext(URL), { url: URL, folder: '.' });
  assert.deepEqual(readGitContext(`${URL}#main`), { url: URL, reference: 'main', folder: '.' });
  assert.deepEqual(readGitContext(`${URL}#feature/x:docker/train/`), {
    url: URL,
    reference: 'feature/x',
    folder: 'docker/train',
  });
  assert.deepEqual(readGitContext(`${URL}#:/docker`), { url: URL, folder: 'docker' });
  assert.equal(readGitContext(`${URL}#main:with%20blank`)?.folder, 'with blank');
});

test('what is a repository: by its ending, its host, a fragment or its protocol', () => {
  // As the public catalogue of environments writes its contexts.
  assert.equal(readGitContext('https://github.com/Azure/azureml-assets#1f2e:assets/env')?.reference, '1f2e');
  for (const address of [
    'https://gitlab.example/group/repo',
    'https://dev.azure.com/org/project/_git/repo',
    'http://localhost:8080/repo.git',
    'https://host/archive#main',
    'ssh://git@host:2222/org/repo',
    'git://host/repo',
  ])
    assert.equal(readGitContext(address)?.url, address.replace(/#.*/, ''));
  assert.equal(readGitContext('git@github.com:org/repo.git#v1:x')?.url, 'git@github.com:org/repo.git');
  assert.equal(readGitContext('git+https://host/repo.git')?.url, 'https://host/repo.git');
  for (const address of [
    'https://gitstuff.blob.core.windows.net/azureml/LocalUpload/x/',
    'azureml://subscriptions/s/datastores/d/paths/p/',
    'https://host/context.tar.gz',
    'context/',
  ])
    assert.equal(readGitContext(address), undefined, address);
});

test('a user name and password go into a header, and out of the address', () => {
  const { url, authorization } = readGitContext('https://me:to%40ken@host/repo.git') ?? {};
  assert.equal(url, 'https://host/repo.git');
  assert.equal(authorization, `Basic ${Buffer.from('me:to@ken').toString('base64')}`);
});

test('addresses that cannot be used say why, without what may be a password', () => {
  const refused = (address: string, why: RegExp) =>
    assert.throws(
      () => readGitContext(address),
      (error: Error) => {
        assert.match(error.message, why);
        assert.doesNotMatch(error.message, /secret/);
        return true;
      },
    );
  refused('file:///etc', /is uploaded, or lies in a repository/);
  refused(`${URL}#main:../..`, /the folder '\.\.\/\.\.' leaves the repository/);
  refused(`${URL}#--upload-pack=x`, /is no branch, tag or commit/);
  refused(`${URL}#a..b`, /is no branch, tag or commit/);
  refused(`${URL}#main:a%00b`, /leaves the repository/);
  refused(`${URL}#%`, /not written as in an address/);
  refused('https://github.com', /names a host and no repository/);
  refused('ssh://git:secret@host/repo.git', /has no password/);
  refused('https://me:secret@host/repo.git#main:../x', /\*\*\*@host/);
  refused('ssh://-oProxyCommand=x/repo.git', /names no host|cannot be used/);
});
