import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSpecification } from './swagger-schemas.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-swagger-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A specification with one operation, about pets of two kinds. */
function specification() {
  const shared = 'common-types/resource-management/v3';
  mkdirSync(join(folder, shared), { recursive: true });
  const write = (file: string, content: object) => writeFileSync(join(folder, file), JSON.stringify(content));
  for (const name of ['types', 'managedidentity', 'privatelinks']) write(`${shared}/${name}.json`, {});
  write(`${shared}/types.json`, {
    definitions: { Named: { required: ['id'], properties: { id: { type: 'string', readOnly: true } } } },
  });
  for (const name of ['machineLearningServices', 'registries', 'workspaceFeatures'])
    write(`${name}.json`, { info: { version: '1' }, paths: {} });
  write('mfe.json', {
    info: { version: '1' },
    paths: {
      '/pets/{name}': {
        put: {
          operationId: 'Pets_Put',
          parameters: [
            { name: 'name', in: 'path', required: true, type: 'string', pattern: '^[a-z]+$' },
            { name: 'body', in: 'body', required: true, schema: { $ref: '#/definitions/Resource' } },
          ],
          responses: { 200: { schema: { $ref: '#/definitions/Resource' } }, 204: {}, default: {} },
        },
      },
    },
    definitions: {
      Resource: {
        allOf: [{ $ref: `${shared}/types.json#/definitions/Named` }],
        properties: { pet: { $ref: '#/definitions/Pet' }, when: { type: 'string', format: 'date-time' } },
      },
      Pet: {
        type: 'object',
        discriminator: 'kind',
        required: ['kind'],
        properties: { kind: { type: 'string', enum: ['Cat', 'Dog'] }, note: { type: 'string', 'x-nullable': true } },
        additionalProperties: false,
      },
      Cat: {
        type: 'object',
        'x-ms-discriminator-value': 'Cat',
        allOf: [{ $ref: '#/definitions/Pet' }],
        required: ['secret'],
        properties: { secret: { type: 'string', 'x-ms-mutability': ['create'] }, lives: { type: 'integer' } },
        additionalProperties: false,
      },
      Dog: {
        type: 'object',
        allOf: [{ $ref: '#/definitions/Pet' }],
        properties: { barks: { type: 'boolean' } },
        additionalProperties: false,
      },
    },
  });
  const operation = readSpecification(folder).get('Pets_Put');
  assert.ok(operation);
  return operation;
}

test('requests and answers are held against the kind that they name', () => {
  const { parameters, responses } = specification();
  const asked = parameters.find((one) => one.in === 'body');
  const answered = responses.get(200);
  assert.ok(asked && answered);
  const cat = (more: object = {}) => ({ pet: { kind: 'Cat', ...more } });
  for (const [request, answer, body] of [
    // What only the service sets isn't asked for; what is never shown isn't answered.
    [true, false, cat({ secret: 's' })],
    [false, true, { id: '1', ...cat() }],
    [true, true, { id: '1', ...cat({ secret: 's', lives: 9, note: null }) }],
    [false, false, { id: '1', ...cat({ secret: 's', lives: 'nine' }) }],
    [false, false, { id: '1', ...cat({ secret: 's', lives: null }) }],
    [false, false, { id: '1', ...cat({ secret: 's', barks: true }) }],
    [true, true, { id: '1', pet: { kind: 'Dog', barks: true } }],
    [false, false, { id: '1', pet: { kind: 'Bird' } }],
    [false, false, { id: '1', pet: {} }],
    [false, false, { id: '1', when: 'yesterday' }],
    [true, true, { id: '1', when: '2024-04-01T00:00:00.0000000Z' }],
  ] as const)
    assert.deepEqual([asked.check(body), answered(body)], [request, answer], JSON.stringify(body));
});

test('parameters, statuses and empty answers are told', () => {
  const { parameters, responses } = specification();
  const name = parameters.find((one) => one.in === 'path');
  assert.deepEqual([name?.check('one'), name?.check('One'), name?.required], [true, false, true]);
  assert.deepEqual([...responses.keys()], [200, 204]);
  assert.equal(responses.get(204), undefined);
});
