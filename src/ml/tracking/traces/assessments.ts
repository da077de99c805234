import { invalid, notFound } from '../../../kernel/errors.ts';
import { newGuid } from '../../../kernel/ids.ts';
import type { Writer } from '../../../store/index.ts';
import type { Call } from '../call.ts';
import type { TrackingTables } from '../tables.ts';
import { type Fields, fieldsOf, text, texts } from '../wire.ts';
import { type Assessment, assessmentsOf, textMap, traceRow } from './records.ts';

const NAME_LIMIT = 250;
const ID_LIMIT = 100;
const VALUE_LIMIT = 1024 * 1024;
const KINDS = ['feedback', 'expectation', 'issue'] as const;

/**
 * Reads an assessment from outside: one of feedback, expectation or issue, with the source that it came from.
 * @throws invalid when it has no name, no source, or not exactly one kind of value
 */
export function newAssessment(call: Call, trace: string, fields: Fields): Assessment {
  const name = text(fields, 'assessment_name', { limit: NAME_LIMIT });
  if (name === '') throw invalid('An assessment has a name.', { target: 'assessment_name' });
  const kinds = KINDS.filter((kind) => fields[kind] !== undefined);
  const kind = kinds[0];
  if (kind === undefined || kinds.length !== 1)
    throw invalid(`An assessment is one of ${KINDS.join(', ')}; '${name}' has ${kinds.length} of them.`, {
      target: 'assessment',
    });
  const source = fieldsOf(fields.source);
  const now = call.deps.clock.now().toISOString();
  const time = (field: string) => {
    const given = text(fields, field, { fallback: now, limit: ID_LIMIT });
    if (!Number.isFinite(Date.parse(given))) throw invalid(`Parameter '${field}' is a time.`, { target: field });
    return given;
  };
  const optional = (field: string, limit: number) =>
    typeof fields[field] === 'string' && fields[field] !== '' ? { [field]: text(fields, field, { limit }) } : {};
  return checkedSize({
    assessment_id:
      text(fields, 'assessment_id', { fallback: '', limit: ID_LIMIT }) || `a-${newGuid().replaceAll('-', '')}`,
    assessment_name: name,
    trace_id: trace,
    ...optional('span_id', ID_LIMIT),
    source: {
      source_type: text(source, 'source_type', { limit: ID_LIMIT }),
      source_id: text(source, 'source_id', { fallback: 'default', limit: 1000 }),
    },
    create_time: time('create_time'),
    last_update_time: time('last_update_time'),
    [kind]: fieldsOf(fields[kind]),
    ...optional('rationale', VALUE_LIMIT),
    metadata: textMap(fields.metadata, 'metadata'),
    ...optional('overrides', ID_LIMIT),
    valid: fields.valid !== false,
  });
}

function checkedSize(assessment: Assessment): Assessment {
  if (JSON.stringify(assessment).length > VALUE_LIMIT)
    throw invalid(`An assessment has at most ${VALUE_LIMIT} characters.`, { target: 'assessment' });
  return assessment;
}

type Store = Writer<TrackingTables>;

/** Writes an assessment of a trace, over an earlier one of the same id. */
export async function storeAssessment(call: Call, writer: Store, trace: string, assessment: Assessment): Promise<void> {
  const place = { workspace_id: call.workspace.id, trace_id: trace, assessment_id: assessment.assessment_id };
  const document = JSON.stringify(assessment);
  await writer
    .insertInto('mltrack_assessments')
    .values({ ...place, document, created: Date.parse(String(assessment.create_time)) })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'trace_id', 'assessment_id']).doUpdateSet({ document }))
    .execute();
}

async function find(call: Call, reader: Pick<Store, 'selectFrom'>, trace: string, id: string) {
  return (await assessmentsOf(call, reader, [trace])).get(trace)?.find((one) => one.assessment_id === id);
}

const absent = (trace: string, id: string) =>
  notFound(`Assessment with ID '${id.slice(0, 100)}' not found for trace '${trace.slice(0, 100)}'.`);

/** Adds an assessment; one that overrides another makes that one invalid. @throws not-found, invalid */
export async function createAssessment(call: Call) {
  const trace = call.parameters.trace_id ?? '';
  const assessment = newAssessment(call, trace, fieldsOf(call.fields.assessment));
  await call.deps.store.write(async (writer) => {
    await traceRow(call, writer, trace);
    if (await find(call, writer, trace, assessment.assessment_id))
      throw invalid(`The trace has an assessment ${assessment.assessment_id} already.`, { target: 'assessment_id' });
    if (typeof assessment.overrides === 'string') {
      const old = await find(call, writer, trace, assessment.overrides);
      if (!old) throw absent(trace, assessment.overrides);
      await storeAssessment(call, writer, trace, { ...old, valid: false });
    }
    await storeAssessment(call, writer, trace, assessment);
  });
  return { assessment };
}

export async function getAssessment(call: Call) {
  const { trace_id: trace = '', assessment_id: id = '' } = call.parameters;
  const assessment = await find(call, call.deps.store.read, trace, id);
  if (!assessment) throw absent(trace, id);
  return { assessment };
}

const CHANGEABLE = ['assessment_name', 'expectation', 'feedback', 'rationale', 'metadata', 'valid'];

/** Changes what the mask names: a list, or protobuf's JSON of it, `a,b` with its words in camel case. Metadata is merged. @throws not-found, invalid */
export async function updateAssessment(call: Call) {
  const { trace_id: trace = '', assessment_id: id = '' } = call.parameters;
  const given = fieldsOf(call.fields.assessment);
  const mask = call.fields.update_mask;
  const paths = (typeof mask === 'string' ? mask.split(',') : texts(fieldsOf(mask), 'paths')).map((path) =>
    path.trim().replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  );
  const changes: Record<string, unknown> = {};
  for (const path of paths.filter((one) => one !== '')) {
    if (!CHANGEABLE.includes(path))
      throw invalid(`'${path.slice(0, 100)}' of an assessment is not changed: only ${CHANGEABLE.join(', ')}.`, {
        target: 'update_mask',
      });
    changes[path] = given[path];
  }
  const assessment = await call.deps.store.write(async (writer) => {
    const before = await find(call, writer, trace, id);
    if (!before) throw absent(trace, id);
    for (const kind of ['expectation', 'feedback'])
      if (kind in changes && before[kind] === undefined)
        throw invalid(`The assessment ${id} has no ${kind} that could be changed.`, { target: kind });
    const merged = { ...before, ...changes };
    const checked = newAssessment(call, trace, {
      ...merged,
      metadata: { ...fieldsOf(before.metadata), ...fieldsOf(changes.metadata) },
      last_update_time: call.deps.clock.now().toISOString(),
    });
    await storeAssessment(call, writer, trace, checked);
    return checked;
  });
  return { assessment };
}

/** Deletes an assessment, if there is one; what it overrode is valid again. @throws not-found without such a trace */
export async function deleteAssessment(call: Call): Promise<Record<string, never>> {
  const { trace_id: trace = '', assessment_id: id = '' } = call.parameters;
  await call.deps.store.write(async (writer) => {
    await traceRow(call, writer, trace);
    const gone = await find(call, writer, trace, id);
    if (!gone) return;
    const old = typeof gone.overrides === 'string' ? await find(call, writer, trace, gone.overrides) : undefined;
    if (old) await storeAssessment(call, writer, trace, { ...old, valid: true });
    await writer
      .deleteFrom('mltrack_assessments')
      .where('workspace_id', '=', call.workspace.id)
      .where('trace_id', '=', trace)
      .where('assessment_id', '=', id)
      .execute();
  });
  return {};
}
