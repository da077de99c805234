import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile, type RepositoryDeclaration } from '../index.ts';
import { chooseForRepository } from './repositories.ts';

const root = `parameters:
- name: version
  default: v1
resources:
  repositories:
  - repository: Tools
    type: git
    name: P/tools
    ref: refs/tags/\${{ parameters.version }}
  - repository: gone
    name: P/gone
steps:
- template: lib/a.yml@tools
`;
const tools: Record<string, string> = {
  '/lib/a.yml': 'steps:\n- template: b.yml\n- template: /lib/b.yml@TOOLS\n- template: own.yml@self\n',
  '/lib/b.yml': 'steps:\n- bash: b\n',
};

function provider(own: Record<string, string> = { '/own.yml': 'steps:\n- bash: own\n' }) {
  const asked: RepositoryDeclaration[] = [];
  return {
    asked,
    read: async (path: string) => own[path],
    async repository(declared: RepositoryDeclaration) {
      asked.push(declared);
      if (declared.alias !== 'Tools') return undefined;
      return { url: 'u', ref: 'r', version: 'c', read: async (path: string) => tools[path] };
    },
  };
}

test('a declared repository is found once, with its ref evaluated; relative paths stay in it, @self comes back to the root', async () => {
  const files = provider();
  const result = await compile({ file: '/ci/a.yml', text: root, files, parameters: { version: 'v2' } });
  assert.deepEqual(result.diagnostics, []);
  assert.deepEqual(result.plan?.stages[0]?.jobs[0]?.steps.map((step) => step.inputs['script']).filter(Boolean), [
    'b',
    'b',
    'own',
  ]);
  assert.deepEqual(
    files.asked.map(({ alias, name, type, ref }) => ({ alias, name, type, ref })),
    [{ alias: 'Tools', name: 'P/tools', type: 'git', ref: 'refs/tags/v2' }],
  );
});

test('a file that a repository has not is missed in it, by its address, branch and commit', async () => {
  const result = await compile({ file: '/a.yml', text: root, files: provider({}) });
  assert.deepEqual(
    result.diagnostics.map((one) => one.text),
    ['/lib/a.yml@Tools: File /own.yml not found in repository self.'],
  );
  const text = root.replace('lib/a.yml', 'x.yml');
  const missing = await compile({ file: '/a.yml', text, files: provider() });
  assert.deepEqual(
    missing.diagnostics.map((one) => one.text),
    ['/a.yml: File /x.yml not found in repository u branch r version c.'],
  );
});

test('a repository that is not there is said once, without a place in the text', async () => {
  const text = `${root.replace('@tools', '@gone')}- template: y.yml@gone\n`;
  const systemVariables = { 'System.TeamProjectId': 'the-id' };
  const { diagnostics } = await compile({ file: '/a.yml', text, files: provider(), systemVariables });
  assert.deepEqual(
    diagnostics.map((one) => [one.code, one.text, one.line]),
    [
      [
        'repository-not-found',
        'The repository P/gone in project the-id could not be retrieved. Verify the name and credentials being used and permissions.',
        10,
      ],
    ],
  );
});

test('what was given for a repository is chosen by alias, then by whole name, then by name without the project', () => {
  const given = ['tools', 'p/tools', 'T', 't'].map((name, index) => ({ name, index }));
  const choose = (alias: string, name: string) => chooseForRepository(given, { alias, name })?.index;
  assert.deepEqual(
    [choose('T', 'P/tools'), choose('x', 'P/tools'), choose('x', 'Q/Tools'), choose('x', 'Q/y'), choose('x', '')],
    [3, 1, 0, undefined, undefined],
  );
});
