import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identifierOf, recordId } from './record-ids.ts';

test('record ids are those of the real service', () => {
  const vectors: Record<string, string> = {
    __default: '96ac2280-8cb4-5df5-99de-dd2da759617d',
    job: '3a3a2a60-14c7-570b-14a4-fa42ad92f52a',
    'job.__default': '12f1170f-54f2-53f3-20dd-22fc7dff55f9',
    'job.__default.checkout': 'af08acd5-c28a-5b03-f5a9-06f9a40627bb',
    'job.__default.cmdline': '9c939e41-62c2-5605-5e05-fc3554afc9f5',
    'job.__default.cmdline3': 'bd05475d-acb5-5619-3ccb-c46842dbc997',
    'Build.__default': 'ca395085-040a-526b-2ce8-bdc85f692774',
  };
  for (const [identifier, id] of Object.entries(vectors)) assert.equal(recordId(identifier), id, identifier);
});

test('the default stage is left out of identifiers, except its own', () => {
  assert.equal(identifierOf('__default', 'Job', '__default', 'Bash'), 'Job.__default.Bash');
  assert.equal(identifierOf('__default'), '__default');
  assert.equal(identifierOf('Deploy', 'Job'), 'Deploy.Job');
});
