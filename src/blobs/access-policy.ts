/** A stored access policy: what a signature that names it need not say itself. Times as the client sent them. */
export type AccessPolicy = {
  readonly id: string;
  readonly start?: string;
  readonly expiry?: string;
  readonly permission?: string;
};
