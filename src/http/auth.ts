/** Who makes a request, as the token proved. Handlers decide from this alone what the caller may do. */
export type Principal =
  /** Holder of the server's own token: the person whose data directory this is. */
  | { readonly kind: 'owner' }
  /** A user, service principal or managed identity with a token of the identity service. */
  | {
      readonly kind: 'identity';
      readonly objectId: string;
      readonly tenantId: string;
      readonly clientId?: string;
      readonly name: string;
      readonly audience: string;
    }
  /** An agent job, a server task or a webhook that speaks for it; `planId` bounds what it may touch. */
  | {
      readonly kind: 'job';
      readonly planId: string;
      readonly jobId: string;
      readonly projectId: string;
      readonly runId: number;
    }
  /** An agent of a pool. */
  | { readonly kind: 'agent'; readonly poolId: number; readonly name: string }
  /** A running ML job: may read and write its own run, metrics and artifacts. */
  | { readonly kind: 'ml-run'; readonly workspaceId: string; readonly runId: string };

/**
 * Turns what a request carries into a principal. Accepts `Bearer <token>` and `Basic <anything>:<token>`.
 * @returns undefined when there is no credential or it isn't valid
 */
export type Authenticate = (credential: Credential) => Promise<Principal | undefined>;

export type Credential = { readonly scheme: 'bearer' | 'basic'; readonly token: string };

/** Reads the `Authorization` header; for Basic the password is the token, whatever the user name. */
export function credentialOf(header: string | undefined): Credential | undefined {
  const match = /^(bearer|basic)\s+(\S+)$/i.exec(header ?? '');
  if (!match) return undefined;
  const value = match[2] as string;
  if ((match[1] as string).toLowerCase() === 'bearer') return { scheme: 'bearer', token: value };
  const text = Buffer.from(value, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { scheme: 'basic', token: text.slice(colon + 1) };
}

/** Makes the tokens that services hand out; the identity service implements it, the others only see this. */
export type TokenIssuer = {
  /** A job access token; valid until `expires`. */
  jobToken(claims: { planId: string; jobId: string; projectId: string; runId: number; expires: Date }): Promise<string>;
  agentToken(claims: { poolId: number; name: string }): Promise<string>;
  mlRunToken(claims: { workspaceId: string; runId: string; expires: Date }): Promise<string>;
  /** The OIDC token of a pipeline run for a workload identity federation connection. */
  oidcToken(claims: {
    subject: string;
    audience: string;
    issuer: string;
    extra: Readonly<Record<string, string>>;
  }): Promise<string>;
  /** An access token for one of the built-in principals, for calls that the server makes for a service connection. */
  accessToken(claims: { clientId: string; tenantId: string; resource: string }): Promise<string>;
};
