import type { Registry } from '../../command.ts';

export const registry: Registry = {
  configure: { summary: 'Manage configuration: default values of arguments.', load: () => import('./configure.ts') },
  login: { summary: 'Log in to Azure.', load: () => import('./login.ts') },
  logout: { summary: 'Log out to remove access to Azure subscriptions.', load: () => import('./logout.ts') },
  rest: { summary: 'Invoke a custom request.', load: () => import('./rest.ts') },
  version: { summary: 'Show the versions of Azure CLI modules and extensions.', load: () => import('./version.ts') },
};
