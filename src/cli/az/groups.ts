import type { Registry } from './command.ts';

type Group = { readonly summary: string; readonly load: () => Promise<{ readonly registry: Registry }> };

const core = () => import('./groups/core/registry.ts');

/** The first word after `az`, and where its commands are. A registry's keys begin with that word. */
export const groups: Readonly<Record<string, Group>> = {
  account: { summary: 'Manage Azure subscription information.', load: () => import('./groups/account/registry.ts') },
  cloud: { summary: 'Manage registered Azure clouds.', load: () => import('./groups/cloud/registry.ts') },
  config: { summary: 'Manage configuration.', load: () => import('./groups/config/registry.ts') },
  configure: { summary: 'Manage configuration.', load: core },
  extension: { summary: 'Manage and update CLI extensions.', load: () => import('./groups/extension/registry.ts') },
  group: {
    summary: 'Manage resource groups and template deployments.',
    load: () => import('./groups/group/registry.ts'),
  },
  login: { summary: 'Log in to Azure.', load: core },
  logout: { summary: 'Log out to remove access to Azure subscriptions.', load: core },
  ml: { summary: 'Manage Azure Machine Learning resources.', load: () => import('./groups/ml/registry.ts') },
  rest: { summary: 'Invoke a custom request.', load: core },
  version: { summary: 'Show the versions of Azure CLI modules and extensions.', load: core },
};
