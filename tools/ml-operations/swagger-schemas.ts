// Reads the public API specification (Swagger 2.0) as JSON Schemas, so that requests and answers can be held against it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import { SPEC_FILES } from '../generate-ml-operations.ts';

type Json = { [key: string]: unknown };
/** What is asked and what is answered differ in the fields that they must have. */
type Side = 'request' | 'response';

export type SpecParameter = {
  readonly name: string;
  readonly in: 'path' | 'query' | 'body';
  readonly required: boolean;
  readonly check: ValidateFunction;
};

export type SpecOperation = {
  readonly id: string;
  readonly isLongRunning: boolean;
  readonly parameters: readonly SpecParameter[];
  /** By status; without a body to check where the specification has none. */
  readonly responses: ReadonlyMap<number, ValidateFunction | undefined>;
  /** The body of a failure, whatever its status. */
  readonly failure: ValidateFunction | undefined;
};

const SHARED = ['types', 'managedidentity', 'privatelinks'].map(
  (name) => `common-types/resource-management/v3/${name}.json`,
);

/** The operations of the specification in a folder, by id. */
export function readSpecification(folder: string): ReadonlyMap<string, SpecOperation> {
  const files = new Map(
    [...SPEC_FILES.map((name) => `${name}.json`), ...SHARED].map((file) => [
      file,
      JSON.parse(readFileSync(join(folder, file), 'utf8')) as Json,
    ]),
  );
  const ajv = new Ajv2019({ strict: false, allErrors: true, verbose: true });
  for (const [name, check] of Object.entries(FORMATS)) ajv.addFormat(name, check);
  for (const [file, spec] of files)
    for (const side of ['request', 'response'] as const)
      ajv.addSchema({ $id: schemaId(side, file), definitions: definitionsOf(spec, side) });

  const operations = new Map<string, SpecOperation>();
  for (const file of SPEC_FILES.map((name) => `${name}.json`)) {
    const spec = files.get(file) as Json;
    // A schema beside the files says in which of them its references lie.
    const compile = (schema: Json, side: Side, name: string) => {
      const text = JSON.stringify({ ...schemaOf(schema, side), $id: schemaId(side, name) });
      return ajv.compile(JSON.parse(text.replaceAll('"$ref":"#/', `"$ref":"${file}#/`)) as Json);
    };
    const resolve = (parameter: Json): Json => {
      if (typeof parameter['$ref'] !== 'string') return parameter;
      const [path = '', name] = parameter['$ref'].split('#/parameters/');
      const home = (path === '' ? spec : files.get(path)) as Json;
      return (home['parameters'] as Json)[name as string] as Json;
    };
    for (const methods of Object.values(spec['paths'] as Record<string, Json>))
      for (const operation of Object.values(methods) as Json[]) {
        const id = operation['operationId'] as string;
        const parameters = [
          ...((methods['parameters'] as Json[] | undefined) ?? []),
          ...((operation['parameters'] as Json[] | undefined) ?? []),
        ].map(resolve);
        const failure = (operation['responses'] as Record<string, Json>)['default']?.['schema'] as Json | undefined;
        operations.set(id, {
          id,
          isLongRunning: operation['x-ms-long-running-operation'] === true,
          parameters: parameters.map((parameter, index) => ({
            name: parameter['name'] as string,
            in: parameter['in'] as SpecParameter['in'],
            required: parameter['required'] === true,
            check: compile(
              (parameter['in'] === 'body' ? parameter['schema'] : parameter) as Json,
              'request',
              `${id}-${index}`,
            ),
          })),
          failure: failure ? compile(failure, 'response', `${id}-failure`) : undefined,
          responses: new Map(
            Object.entries(operation['responses'] as Record<string, Json>)
              .filter(([status]) => status !== 'default')
              .map(([status, response]) => [
                Number(status),
                response['schema'] ? compile(response['schema'] as Json, 'response', `${id}-${status}`) : undefined,
              ]),
          ),
        });
      }
  }
  return operations;
}

function schemaId(side: Side, file: string): string {
  return `https://specification/${side}/${file}`;
}

/**
 * Each definition twice: `X--own` is what it says itself and what its bases say; `X` is what a reference to it means, which for a base with a
 * discriminator is the kind that the value names, with no field that the kind doesn't know.
 */
function definitionsOf(spec: Json, side: Side): Json {
  const definitions = (spec['definitions'] ?? {}) as Record<string, Json>;
  const basesOf = (name: string): string[] =>
    ((definitions[name]?.['allOf'] as Json[] | undefined) ?? []).flatMap((one) => {
      const base = /^#\/definitions\/(.*)$/.exec(one['$ref'] as string)?.[1];
      return base === undefined ? [] : [base, ...basesOf(base)];
    });
  const made: Json = {};
  for (const [name, definition] of Object.entries(definitions)) {
    made[`${name}--own`] = ownSchema(definition, side);
    const discriminator = definition['discriminator'] as string | undefined;
    const kinds =
      discriminator === undefined ? [] : Object.keys(definitions).filter((kind) => basesOf(kind).includes(name));
    made[name] = {
      allOf: [
        { $ref: `#/definitions/${name}--own` },
        ...kinds.map((kind) => ({
          if: {
            required: [discriminator],
            properties: {
              [discriminator as string]: { const: definitions[kind]?.['x-ms-discriminator-value'] ?? kind },
            },
          },
          // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
          then: { $ref: `#/definitions/${kind}--own` },
        })),
      ],
      ...(definition['additionalProperties'] === false ? { unevaluatedProperties: false } : {}),
    };
  }
  return made;
}

function ownSchema(definition: Json, side: Side): Json {
  const { allOf, ...rest } = definition;
  const own = schemaOf(rest, side);
  // Checked where the kind is whole: a base would refuse what its kinds add.
  if (own['additionalProperties'] === false) delete own['additionalProperties'];
  if (!allOf) return own;
  return {
    ...own,
    allOf: (allOf as Json[]).map((one) =>
      typeof one['$ref'] === 'string' ? { $ref: `${one['$ref']}--own` } : ownSchema(one, side),
    ),
  };
}

const KEPT = [
  'type',
  'enum',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'uniqueItems',
] as const;

/** Whether a field must be there: one that the service alone sets isn't asked for, one that it never shows isn't answered. */
function isOwed(field: Json | undefined, side: Side): boolean {
  const when = field?.['x-ms-mutability'] as string[] | undefined;
  if (side === 'response') return when === undefined || when.includes('read');
  return field?.['readOnly'] !== true && (when === undefined || when.includes('create'));
}

function schemaOf(source: Json, side: Side): Json {
  if (typeof source['$ref'] === 'string') return nullable(source, { $ref: source['$ref'] });
  const schema: Json = {};
  for (const key of KEPT) if (source[key] !== undefined) schema[key] = source[key];
  if (source['properties']) {
    const properties = source['properties'] as Record<string, Json>;
    schema['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, field]) => [name, schemaOf(field, side)]),
    );
  }
  if (Array.isArray(source['required'])) {
    const properties = (source['properties'] ?? {}) as Record<string, Json>;
    schema['required'] = (source['required'] as string[]).filter((name) => isOwed(properties[name], side));
  }
  if (source['items']) schema['items'] = schemaOf(source['items'] as Json, side);
  const more = source['additionalProperties'];
  if (more !== undefined)
    schema['additionalProperties'] = typeof more === 'object' ? schemaOf(more as Json, side) : more;
  if (source['allOf']) schema['allOf'] = (source['allOf'] as Json[]).map((one) => schemaOf(one, side));
  return nullable(source, schema);
}

function nullable(source: Json, schema: Json): Json {
  return source['x-nullable'] === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
}

const FORMATS: Readonly<Record<string, RegExp | true>> = {
  int32: true,
  int64: true,
  float: true,
  double: true,
  url: true,
  uri: /^[a-z][a-z0-9+.-]*:/i,
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  duration: /^P(?!$)(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/,
  'arm-id': /^\/(subscriptions|providers)\//i,
};
