import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { conflict, invalid, notFound } from '../../kernel/errors.ts';
import type { Writer } from '../../store/index.ts';
import type { Call } from './call.ts';
import { activeExperiment } from './experiments.ts';
import { readLabelInput } from './label-inputs.ts';
import { pageSize } from './registry-fields.ts';
import type { TrackingTables } from './tables.ts';
import { key, pageOffset, pageToken, text } from './wire.ts';

type Row = Selectable<TrackingTables['mltrack_label_schemas']>;

const TYPES = ['FEEDBACK', 'EXPECTATION'];
const INSTRUCTION_LIMIT = 1000;
/** The question that every experiment has, and nobody can change (reference server's source). */
const DEFAULT_NAME = 'Feedback';
const DEFAULT_INSTRUCTION = 'What do you think of this trace?';

const wire = (row: Row) => ({
  schema_id: row.schema_id,
  experiment_id: row.experiment_id,
  name: row.name,
  type: row.type,
  input: JSON.parse(row.input) as object,
  ...(row.instruction === '' ? {} : { instruction: row.instruction }),
  enable_comment: row.enable_comment === 1,
  created_at: row.created,
  last_updated_at: row.updated,
  is_default: row.is_default === 1,
});

function nameField(call: Call): string {
  const name = key(call.fields, 'name');
  if (name.trim().toLowerCase() === DEFAULT_NAME.toLowerCase())
    throw invalid(`'${name}' is the name of the question that every experiment has: choose another one.`, {
      target: 'name',
    });
  return name;
}

const instructionField = (call: Call) => text(call.fields, 'instruction', { fallback: '', limit: INSTRUCTION_LIMIT });

const newRow = (call: Call, experiment: string, own: Pick<Row, 'name' | 'type' | 'input' | 'instruction'>): Row => ({
  workspace_id: call.workspace.id,
  schema_id: `ls-${randomBytes(16).toString('hex')}`,
  experiment_id: experiment,
  ...own,
  enable_comment: 0,
  is_default: 0,
  created: call.deps.clock.now().getTime(),
  updated: call.deps.clock.now().getTime(),
});

type Reader = Pick<Writer<TrackingTables>, 'selectFrom'>;

/** @throws not-found */
async function schemaRow(reader: Reader, call: Call, id: string): Promise<Row> {
  const row = await reader
    .selectFrom('mltrack_label_schemas')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('schema_id', '=', id)
    .executeTakeFirst();
  if (!row) throw notFound(`Label schema with id '${id}' not found.`);
  return row;
}

const named = (reader: Reader, call: Call, experiment: string, name: string) =>
  reader
    .selectFrom('mltrack_label_schemas')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', experiment)
    .where('name', '=', name)
    .executeTakeFirst();

const taken = (name: string, experiment: string) =>
  conflict(`Label schema with name '${name}' already exists for experiment '${experiment}'.`);

/** Keeps a question that reviewers are asked about traces. */
export async function createLabelSchema(call: Call) {
  const { experiment_id: experiment } = await activeExperiment(call);
  const type = text(call.fields, 'type');
  if (!TYPES.includes(type))
    throw invalid(`A label schema's type is ${TYPES.join(' or ')}, found '${type.slice(0, 50)}'.`, { target: 'type' });
  const row: Row = {
    ...newRow(call, experiment, {
      name: nameField(call),
      type,
      input: JSON.stringify(readLabelInput(call.fields.input)),
      instruction: instructionField(call),
    }),
    enable_comment: call.fields.enable_comment === true ? 1 : 0,
  };
  await call.deps.store.write(async (writer) => {
    if (await named(writer, call, experiment, row.name)) throw taken(row.name, experiment);
    await writer.insertInto('mltrack_label_schemas').values(row).execute();
  });
  return { label_schema: wire(row) };
}

export async function getLabelSchema(call: Call) {
  return { label_schema: wire(await schemaRow(call.deps.store.read, call, text(call.fields, 'schema_id'))) };
}

export async function getLabelSchemaByName(call: Call) {
  const [experiment, name] = [text(call.fields, 'experiment_id'), text(call.fields, 'name')];
  const row = await named(call.deps.store.read, call, experiment, name);
  if (!row) throw notFound(`Label schema with name '${name}' not found for experiment '${experiment}'.`);
  return { label_schema: wire(row) };
}

/** An experiment's questions, the newest first; the one that every experiment has is made when they are first listed. */
export async function listLabelSchemas(call: Call) {
  const { experiment_id: experiment } = await activeExperiment(call);
  const size = pageSize(call, 100, 1000);
  const offset = pageOffset(text(call.fields, 'page_token', { fallback: '' }));
  const own = { name: DEFAULT_NAME, type: 'FEEDBACK', input: '{"text":{}}', instruction: DEFAULT_INSTRUCTION };
  if (!(await named(call.deps.store.read, call, experiment, DEFAULT_NAME)))
    await call.deps.store.write((writer) =>
      writer
        .insertInto('mltrack_label_schemas')
        .values({ ...newRow(call, experiment, own), is_default: 1 })
        .onConflict((known) => known.columns(['workspace_id', 'experiment_id', 'name']).doNothing())
        .execute(),
    );
  const rows = await call.deps.store.read
    .selectFrom('mltrack_label_schemas')
    .selectAll()
    .where('workspace_id', '=', call.workspace.id)
    .where('experiment_id', '=', experiment)
    .orderBy('created', 'desc')
    .orderBy('schema_id')
    .offset(offset)
    .limit(size + 1)
    .execute();
  return {
    label_schemas: rows.slice(0, size).map(wire),
    ...(rows.length > size ? { next_page_token: pageToken(offset + size) } : {}),
  };
}

/** Changes what the request names; a type is for ever. */
export async function updateLabelSchema(call: Call) {
  const { fields } = call;
  const id = text(fields, 'schema_id');
  return call.deps.store.write(async (writer) => {
    const row = await schemaRow(writer, call, id);
    if (row.is_default === 1)
      throw invalid('The question that every experiment has cannot be changed.', { target: 'schema_id' });
    const changed = {
      ...(fields.name === undefined ? {} : { name: nameField(call) }),
      ...(fields.instruction === undefined ? {} : { instruction: instructionField(call) }),
      ...(fields.enable_comment === undefined ? {} : { enable_comment: fields.enable_comment === true ? 1 : 0 }),
      ...(fields.input === undefined ? {} : { input: JSON.stringify(readLabelInput(fields.input)) }),
      updated: call.deps.clock.now().getTime(),
    };
    const other = changed.name === undefined ? undefined : await named(writer, call, row.experiment_id, changed.name);
    if (other && other.schema_id !== id) throw taken(other.name, row.experiment_id);
    await writer
      .updateTable('mltrack_label_schemas')
      .set(changed)
      .where('workspace_id', '=', row.workspace_id)
      .where('schema_id', '=', id)
      .execute();
    return { label_schema: wire({ ...row, ...changed }) };
  });
}

/** Deletes a question; what was answered stays. One that isn't there is no error (reference server's source). */
export async function deleteLabelSchema(call: Call) {
  const id = text(call.fields, 'schema_id');
  await call.deps.store.write(async (writer) => {
    const row = await schemaRow(writer, call, id).catch(() => undefined);
    if (row?.is_default === 1)
      throw invalid('The question that every experiment has cannot be deleted.', { target: 'schema_id' });
    await writer
      .deleteFrom('mltrack_label_schemas')
      .where('workspace_id', '=', call.workspace.id)
      .where('schema_id', '=', id)
      .execute();
  });
  return {};
}
