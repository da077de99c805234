/**
 * DNS suffixes that the local authority may sign for: where the services of Azure that Millrace answers for live, and the few hosts
 * that it refuses on their behalf. Nothing else, whatever happens to the authority's key.
 */
export const AUTHORITY_SUFFIXES: readonly string[] = [
  'azure.com',
  'azure.net',
  'azureedge.net',
  'azureml.ms',
  'azureml.net',
  'microsoftonline.com',
  'visualstudio.com',
  'windows.net',
  'login.microsoft.com',
  'graph.microsoft.com',
  'azure.microsoft.com',
  'applicationinsights.io',
  'aka.ms',
];

/** A host that clients ask in passing, whose answer would cost time and tell nothing. */
export type RefusedHost = {
  /** A host name, or with a leading dot all names below. */
  readonly host: string;
  /** Only these paths are refused; others go to the real host. */
  readonly path?: RegExp;
  readonly why: string;
};

/** Answered with 404 at once (seen to be quiet with az and its extensions). */
const REFUSED_HOSTS: readonly RefusedHost[] = [
  { host: 'azure.microsoft.com', why: 'update notices' },
  { host: 'azcliprod.blob.core.windows.net', why: 'az’s look for a newer version' },
  { host: 'dc.services.visualstudio.com', why: 'telemetry' },
  { host: '.applicationinsights.azure.com', why: 'telemetry' },
  { host: '.applicationinsights.io', why: 'telemetry' },
  { host: 'aka.ms', path: /^\/azExtCmdTree(\?|$)/i, why: 'az’s table of commands for a command that it does not know' },
];

/** The refusal that a host falls under, if any. @param host lower case, without port */
export function refusalOf(host: string): RefusedHost | undefined {
  return REFUSED_HOSTS.find((one) => (one.host.startsWith('.') ? host.endsWith(one.host) : host === one.host));
}
