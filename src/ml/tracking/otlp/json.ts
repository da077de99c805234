import { invalid } from '../../../kernel/errors.ts';
import { exactNumber, parseExactly, rawNumber } from '../exact-json.ts';
import { type Fields, fieldsOf } from '../wire.ts';
import { DEPTH_LIMIT, type OtlpSpan } from './span.ts';

const objects = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);
const said = (value: unknown) => (typeof value === 'string' ? value : '');

/**
 * Reads the spans of OpenTelemetry's JSON (its specification): names in camel case, ids in hexadecimal, numbers of 64 bits as text.
 * @throws invalid for what is no such JSON
 */
export function readOtlpJson(body: string): OtlpSpan[] {
  const request = fieldsOf(parseExactly(body, 'the body'));
  return objects(request.resourceSpans).flatMap((resource) =>
    objects(resource.scopeSpans).flatMap((scope) => objects(scope.spans).map(spanOf)),
  );
}

function spanOf(span: Fields): OtlpSpan {
  const status = fieldsOf(span.status);
  return {
    traceId: said(span.traceId).toLowerCase(),
    spanId: said(span.spanId).toLowerCase(),
    parentId: said(span.parentSpanId).toLowerCase(),
    name: said(span.name),
    begun: whole(span.startTimeUnixNano),
    ended: whole(span.endTimeUnixNano),
    status:
      Math.max(0, ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'].indexOf(said(status.code))) ||
      Number(whole(status.code)),
    message: said(status.message),
    attributes: attributesOf(span.attributes, 0),
    events: objects(span.events).map((event) => ({
      name: said(event.name),
      time: whole(event.timeUnixNano),
      attributes: attributesOf(event.attributes, 0),
    })),
  };
}

function whole(value: unknown): bigint {
  const text = exactNumber(value) ?? String(value ?? 0);
  return /^-?\d{1,20}$/.test(text) ? BigInt(text) : 0n;
}

function attributesOf(value: unknown, depth: number): Record<string, unknown> {
  const found: Record<string, unknown> = Object.create(null);
  for (const entry of objects(value)) found[said(entry.key)] = anyValueOf(fieldsOf(entry.value), depth + 1);
  return found;
}

function anyValueOf(value: Fields, depth: number): unknown {
  if (depth > DEPTH_LIMIT) throw invalid(`A value holds others at most ${DEPTH_LIMIT} deep.`);
  if (value.arrayValue !== undefined)
    return objects(fieldsOf(value.arrayValue).values).map((one) => anyValueOf(one, depth + 1));
  if (value.kvlistValue !== undefined) return attributesOf(fieldsOf(value.kvlistValue).values, depth);
  if (value.intValue !== undefined) return rawNumber(BigInt.asIntN(64, whole(value.intValue)));
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}
