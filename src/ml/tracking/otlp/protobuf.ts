import { invalid } from '../../../kernel/errors.ts';
import { rawNumber } from '../exact-json.ts';
import { DEPTH_LIMIT, type OtlpEvent, type OtlpSpan } from './span.ts';

/** One field of a message: what is varint or fixed as a number, everything else as bytes. */
type Field = { readonly number: number; readonly value: bigint | Buffer };

const broken = (): never => {
  throw invalid('The body is no ExportTraceServiceRequest of OpenTelemetry in protobuf.');
};

/**
 * Reads the spans of an `ExportTraceServiceRequest` (OpenTelemetry's trace.proto and common.proto): what MLflow keeps of them; other fields are passed over.
 * @throws invalid for what is no such message
 */
export function readOtlpProtobuf(body: Buffer): OtlpSpan[] {
  const spans: OtlpSpan[] = [];
  for (const resource of messages(body, 1))
    for (const scope of messages(resource, 2)) for (const span of messages(scope, 2)) spans.push(spanOf(span));
  return spans;
}

function spanOf(message: Buffer): OtlpSpan {
  const fields = fieldsOf(message);
  const status = fieldsOf(bytes(fields, 15));
  return {
    traceId: bytes(fields, 1).toString('hex'),
    spanId: bytes(fields, 2).toString('hex'),
    parentId: bytes(fields, 4).toString('hex'),
    name: bytes(fields, 5).toString('utf8'),
    begun: whole(fields, 7),
    ended: whole(fields, 8),
    status: Number(whole(status, 3)),
    message: bytes(status, 2).toString('utf8'),
    attributes: attributesOf(fields, 9, 0),
    events: all(fields, 11).map(eventOf),
  };
}

function eventOf(message: Buffer): OtlpEvent {
  const fields = fieldsOf(message);
  return {
    name: bytes(fields, 2).toString('utf8'),
    time: whole(fields, 1),
    attributes: attributesOf(fields, 3, 0),
  };
}

function attributesOf(fields: readonly Field[], number: number, depth: number): Record<string, unknown> {
  const found: Record<string, unknown> = Object.create(null);
  for (const message of all(fields, number)) {
    const entry = fieldsOf(message);
    found[bytes(entry, 1).toString('utf8')] = anyValueOf(bytes(entry, 2), depth + 1);
  }
  return found;
}

/** An `AnyValue`; bytes as base64. */
function anyValueOf(message: Buffer, depth: number): unknown {
  if (depth > DEPTH_LIMIT) throw invalid(`A value holds others at most ${DEPTH_LIMIT} deep.`);
  const field = fieldsOf(message).at(-1);
  if (!field) return null;
  const { number, value } = field;
  if (number === 2) return typeof value === 'bigint' ? value !== 0n : broken();
  if (number === 3) return typeof value === 'bigint' ? rawNumber(BigInt.asIntN(64, value)) : broken();
  if (number === 4) return typeof value === 'bigint' ? double(value) : broken();
  if (typeof value === 'bigint') return broken();
  if (number === 1) return value.toString('utf8');
  if (number === 5) return messages(value, 1).map((one) => anyValueOf(one, depth + 1));
  if (number === 6) return attributesOf(fieldsOf(value), 1, depth);
  return number === 7 ? value.toString('base64') : null;
}

function double(bits: bigint): number | string {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  const value = view.getFloat64(0);
  // JSON has neither of the others.
  return Number.isFinite(value) ? value : String(value);
}

const all = (fields: readonly Field[], number: number): Buffer[] =>
  fields.flatMap((field) =>
    field.number === number ? (typeof field.value === 'bigint' ? broken() : field.value) : [],
  );
const messages = (message: Buffer, number: number) => all(fieldsOf(message), number);
const bytes = (fields: readonly Field[], number: number): Buffer => all(fields, number).at(-1) ?? Buffer.alloc(0);

function whole(fields: readonly Field[], number: number): bigint {
  const value = fields.findLast((field) => field.number === number)?.value ?? 0n;
  return typeof value === 'bigint' ? value : broken();
}

/** The fields of a message, by protobuf's wire format. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) return broken();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return broken();
  };
  const take = (length: number): Buffer => {
    if (at + length > message.length) return broken();
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: varint() });
        break;
      case 1:
        fields.push({ number, value: take(8).readBigUInt64LE() });
        break;
      case 2:
        fields.push({ number, value: take(Number(varint())) });
        break;
      case 5:
        fields.push({ number, value: BigInt(take(4).readUInt32LE()) });
        break;
      default:
        return broken();
    }
  }
  return fields;
}
