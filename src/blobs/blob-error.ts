/** A refusal in the words of the Blob service: an HTTP status and one of its documented codes. */
export class BlobError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'BlobError';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const blobNotFound = (): BlobError => new BlobError(404, 'BlobNotFound', 'The blob does not exist.');

export const containerNotFound = (): BlobError =>
  new BlobError(404, 'ContainerNotFound', 'The container does not exist. Create it first.');

export const conditionNotMet = (): BlobError =>
  new BlobError(412, 'ConditionNotMet', 'The blob is not in the state that the request’s conditional headers ask for.');

export const notSupported = (thing: string): BlobError =>
  new BlobError(501, 'NotImplemented', `not implemented: ${thing}`);
