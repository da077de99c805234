/** Roles of the public service that workspaces and their clients name, with their ids (documented). */
export const BUILT_IN_ROLES: readonly { readonly id: string; readonly name: string; readonly description: string }[] = [
  { id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', name: 'Owner', description: 'Everything, roles of others too.' },
  { id: 'b24988ac-6180-42a0-ab88-20f7382dd24c', name: 'Contributor', description: 'Everything but roles of others.' },
  { id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', name: 'Reader', description: 'Reads everything, changes nothing.' },
  {
    id: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    name: 'User Access Administrator',
    description: 'Gives and takes roles.',
  },
  {
    id: 'f6c7c914-8db3-469d-8ca1-694a8f32e121',
    name: 'AzureML Data Scientist',
    description: 'Everything in a workspace but its computes and the workspace itself.',
  },
  {
    id: 'e503ece1-11d0-4e8e-8e2c-7a6c3bf38815',
    name: 'AzureML Compute Operator',
    description: 'The computes of a workspace.',
  },
  {
    id: '1823dd4f-9b8c-4ab6-ab4e-7397a3684615',
    name: 'AzureML Registry User',
    description: 'The assets of a registry.',
  },
  {
    id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    name: 'Storage Blob Data Contributor',
    description: 'Reads, writes and deletes blobs.',
  },
  {
    id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    name: 'Storage Blob Data Reader',
    description: 'Reads blobs.',
  },
  {
    id: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
    name: 'Key Vault Administrator',
    description: 'Everything in a vault.',
  },
  { id: '7f951dda-4ed3-4680-a7ca-43fe172d538d', name: 'AcrPull', description: 'Reads images.' },
  { id: '8311e382-0749-4cb8-b61a-304f252e45ec', name: 'AcrPush', description: 'Reads and writes images.' },
];
