// The public face of the HTTP layer: services, the front that joins them, the client for calls made on a user's behalf.

export { CALLER_HEADER } from '../contracts/caller.ts';
export { type Authenticate, type Credential, credentialOf, type Principal, type TokenIssuer } from './auth.ts';
export { createDownload, type Download, type DownloadAnswer } from './download.ts';
export { createFront, type Front, type FrontRoute } from './front.ts';
export { createOutbound, notLinkLocal, type Outbound, type OutboundAnswer, type OutboundRequest } from './outbound.ts';
export { createService, type ServiceOptions, statusOf, type WireError } from './service.ts';
