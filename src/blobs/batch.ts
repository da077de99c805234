import { Readable } from 'node:stream';
import { BlobError } from './blob-error.ts';
import { type Answer, type BlobRequest, placeOfPath, queryOf } from './request.ts';

/** Most requests in a batch, and its bytes (documented). */
const REQUEST_LIMIT = 256;
export const BATCH_BYTES_LIMIT = 4 * 1024 * 1024;

type Part = { readonly id: string | undefined; readonly request: BlobRequest };

/**
 * Blob Batch: deletions of up to 256 blobs in one request, each with a signature and an answer of its own.
 * @param run answers one of the requests as if it had come alone
 * @throws BlobError for a body that isn't such a batch
 */
export async function runBatch(
  request: BlobRequest,
  body: string,
  run: (part: BlobRequest) => Promise<{ answer: Answer } | { error: BlobError }>,
): Promise<Answer> {
  const boundary = /boundary="?([^";]+)"?/i.exec(request.header('content-type') ?? '')?.[1];
  if (boundary === undefined)
    throw new BlobError(400, 'InvalidHeaderValue', 'A batch needs the content type multipart/mixed with a boundary.');
  const parts = body
    .split(`--${boundary}`)
    .slice(1)
    .filter((part) => !part.startsWith('--'))
    .map((part) => parsePart(request, part));
  if (parts.length === 0 || parts.length > REQUEST_LIMIT)
    throw new BlobError(400, 'InvalidInput', `A batch has 1 to ${REQUEST_LIMIT} requests.`);
  const answerBoundary = `batchresponse_${boundary.replace(/^batch_/, '')}`;
  const answers: string[] = [];
  for (const part of parts) answers.push(partText(part, await run(part.request)));
  const text = answers.map((answer) => `--${answerBoundary}\r\n${answer}`).join('');
  return {
    status: 202,
    headers: { 'content-type': `multipart/mixed; boundary=${answerBoundary}` },
    text: `${text}--${answerBoundary}--\r\n`,
  };
}

function parsePart(batch: BlobRequest, text: string): Part {
  const divided = /^\r?\n([\s\S]*?)\r?\n\r?\n([A-Z]+) (\S+) HTTP\/1\.1\r?\n([\s\S]*)$/.exec(text);
  if (!divided) throw new BlobError(400, 'InvalidInput', 'A part of the batch is not an HTTP request.');
  const [, outer = '', method = '', target = '', inner = ''] = divided;
  const headers = headersOf(inner.split(/\r?\n\r?\n/)[0] ?? '');
  const [path = '/', ...query] = target.split('?');
  const { container, blob } = placeOfPath(path, batch.account);
  if (batch.container !== '' && batch.container !== container)
    throw new BlobError(400, 'InvalidInput', 'A batch of a container holds requests for its own blobs alone.');
  return {
    id: headersOf(outer).get('content-id'),
    request: {
      method,
      account: batch.account,
      container,
      blob,
      rawPath: path,
      query: queryOf(query.join('?')),
      headers,
      header: (name) => headers.get(name),
      body: Readable.from([]),
      endpoint: batch.endpoint,
      remoteAddress: batch.remoteAddress,
    },
  };
}

function headersOf(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function partText(part: Part, outcome: { answer: Answer } | { error: BlobError }): string {
  const { status, headers, body } =
    'answer' in outcome
      ? { ...outcome.answer, body: '' }
      : {
          status: outcome.error.status,
          headers: { ...outcome.error.headers, 'x-ms-error-code': outcome.error.code },
          body: outcome.error.message,
        };
  const reason = status < 300 ? 'Accepted' : 'Failed';
  const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)) });
  return [
    'Content-Type: application/http',
    ...(part.id === undefined ? [] : [`Content-ID: ${part.id}`]),
    '',
    `HTTP/1.1 ${status} ${reason}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '',
    `${body}\r\n`,
  ].join('\r\n');
}
