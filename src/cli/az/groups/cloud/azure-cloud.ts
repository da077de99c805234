import { commandError } from '../../errors.ts';

/** The public cloud, whose names the local server answers under: the one cloud there is (documented endpoints). */
export const azureCloud = {
  endpoints: {
    activeDirectory: 'https://login.microsoftonline.com',
    activeDirectoryGraphResourceId: 'https://graph.windows.net/',
    activeDirectoryResourceId: 'https://management.core.windows.net/',
    management: 'https://management.core.windows.net/',
    microsoftGraphResourceId: 'https://graph.microsoft.com/',
    portal: 'https://portal.azure.com',
    resourceManager: 'https://management.azure.com/',
  },
  isActive: true,
  name: 'AzureCloud',
  profile: 'latest',
  suffixes: { keyvaultDns: '.vault.azure.net', storageEndpoint: 'core.windows.net' },
};

/** @throws as az for another cloud's name */
export function requireCloud(name: string | undefined): typeof azureCloud {
  if (name === undefined || name.toLowerCase() === azureCloud.name.toLowerCase()) return azureCloud;
  throw commandError(`The cloud '${name}' is not registered. Millrace answers for '${azureCloud.name}'.`);
}

/** Columns of `-o table`. */
export const cloudTable = (result: unknown) =>
  (Array.isArray(result) ? result : [result]).map(({ isActive, name, profile }: typeof azureCloud) => ({
    IsActive: isActive,
    Name: name,
    Profile: profile,
  }));
