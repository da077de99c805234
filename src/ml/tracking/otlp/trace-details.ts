import { NAME_TAG } from '../traces/records.ts';
import { type Fields, fieldsOf } from '../wire.ts';

const TAG_PREFIX = 'mlflow.traceTag.';
/** As much of inputs and outputs as the client shows (its own default). */
const PREVIEW_LIMIT = 1000;
/** What a tag or an entry of metadata may have. */
const VALUE_LIMIT = 8000;
const TOKENS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
];

type Details = {
  readonly state: 'OK' | 'ERROR' | 'IN_PROGRESS';
  readonly previews: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
};

function read(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
const shown = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

/**
 * What the spans of a trace say of it: the first without a parent its name, state, inputs, outputs and tags, all of them who asked in which session and how
 * many tokens went (names of MLflow and of OpenTelemetry's conventions for generative models).
 */
export function traceDetails(spans: readonly Fields[]): Details {
  const root = spans.find((span) => span.parent_span_id === null);
  const of = (span: Fields | undefined, ...names: string[]): unknown => {
    const attributes = fieldsOf(span?.attributes);
    for (const name of names) if (Object.hasOwn(attributes, name)) return read(attributes[name]);
    return undefined;
  };
  const first = (...names: string[]) => {
    const found = spans.map((span) => of(span, ...names)).find((value) => value !== undefined);
    return found === undefined ? undefined : shown(found).slice(0, 250);
  };
  const [session, user] = [first('session.id', 'gen_ai.conversation.id'), first('user.id')];
  const usage = tokensOf(spans, (span) => {
    const own = of(span, 'mlflow.chat.tokenUsage');
    if (own !== undefined) return typeof own === 'object' && own !== null ? (own as Fields) : undefined;
    const [input, output] = [of(span, 'gen_ai.usage.input_tokens'), of(span, 'gen_ai.usage.output_tokens')];
    if (typeof input !== 'number' && typeof output !== 'number') return undefined;
    return { input_tokens: input, output_tokens: output, total_tokens: Number(input ?? 0) + Number(output ?? 0) };
  });
  const [asked, answered] = [
    of(root, 'mlflow.spanInputs', 'input.value'),
    of(root, 'mlflow.spanOutputs', 'output.value'),
  ];
  const tags: Record<string, string> = {};
  if (root) tags[NAME_TAG] = String(root.name).slice(0, VALUE_LIMIT);
  for (const [key, value] of Object.entries(fieldsOf(root?.attributes)))
    if (key.startsWith(TAG_PREFIX) && key.length > TAG_PREFIX.length && key.length <= TAG_PREFIX.length + 250)
      tags[key.slice(TAG_PREFIX.length)] = shown(read(value)).slice(0, VALUE_LIMIT);
  return {
    state: !root ? 'IN_PROGRESS' : fieldsOf(root.status).code === 'STATUS_CODE_ERROR' ? 'ERROR' : 'OK',
    previews: {
      ...(asked === undefined ? {} : { request_preview: shown(asked).slice(0, PREVIEW_LIMIT) }),
      ...(answered === undefined ? {} : { response_preview: shown(answered).slice(0, PREVIEW_LIMIT) }),
    },
    metadata: {
      'mlflow.trace_schema.version': '3',
      ...(session === undefined ? {} : { 'mlflow.trace.session': session }),
      ...(user === undefined ? {} : { 'mlflow.trace.user': user }),
      ...(usage === undefined ? {} : { 'mlflow.trace.tokenUsage': JSON.stringify(usage) }),
    },
    tags,
  };
}

/** The sum over the spans that tell; what is below one that tells is in its figures already (reference server's source). */
function tokensOf(spans: readonly Fields[], usageOf: (span: Fields) => Fields | undefined) {
  const byId = new Map(spans.map((span) => [span.span_id, span]));
  const total: Record<string, number> = {};
  for (const span of spans) {
    const usage = usageOf(span);
    if (!usage || above(span, byId, usageOf)) continue;
    for (const name of TOKENS) {
      const count = usage[name];
      if (typeof count === 'number' && Number.isFinite(count)) total[name] = (total[name] ?? 0) + count;
    }
  }
  return Object.keys(total).length === 0 ? undefined : total;
}

function above(
  span: Fields,
  byId: ReadonlyMap<unknown, Fields>,
  usageOf: (span: Fields) => Fields | undefined,
): boolean {
  const seen = new Set<unknown>([span.span_id]);
  for (
    let parent = byId.get(span.parent_span_id);
    parent && !seen.has(parent.span_id);
    parent = byId.get(parent.parent_span_id)
  ) {
    if (usageOf(parent)) return true;
    seen.add(parent.span_id);
  }
  return false;
}
