import type { Registry } from '../../command.ts';

export const registry: Registry = {
  'account clear': { summary: "Clear all subscriptions from the CLI's local cache.", load: () => import('./clear.ts') },
  'account get-access-token': {
    summary: 'Get a token for utilities to access Azure.',
    load: () => import('./get-access-token.ts'),
  },
  'account list': {
    summary: 'Get a list of subscriptions for the logged in account.',
    load: () => import('./list.ts'),
  },
  'account set': {
    summary: 'Set a subscription to be the current active subscription.',
    load: () => import('./set.ts'),
  },
  'account show': { summary: 'Get the details of a subscription.', load: () => import('./show.ts') },
};
