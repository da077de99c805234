import type { Argument, Command } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { fileArgument, nameArgument, noWaitArgument } from '../../../shared-arguments.ts';
import { readAssetSource } from '../asset/asset-file.ts';
import { workspaceArguments } from '../workspace/scope.ts';
import { applyIdentities, identityArguments } from './compute-arguments.ts';
import { computeShape } from './compute-shape.ts';
import { putCompute } from './put-compute.ts';

const value = (name: string, help: string, short: readonly string[] = []): Argument => ({
  name,
  options: [`--${name.replaceAll('_', '-')}`, ...short],
  kind: 'value',
  help,
});

export const command: Command = {
  name: 'ml compute attach',
  summary: 'Attach an existing compute resource to a workspace.',
  arguments: [
    ...workspaceArguments,
    fileArgument('compute'),
    nameArgument('compute target', false),
    value('type', 'The type of compute target: VirtualMachine, Kubernetes.', ['-t']),
    value('resource_id', 'The whole ID of the resource that is attached.'),
    value('namespace', 'The namespace of a Kubernetes compute. Default: default.'),
    value('admin_username', 'Name of the administrator account for SSH into the machine.'),
    value('admin_password', 'Password of the administrator account.'),
    value('ssh_port', 'The port of SSH. Default: 22.'),
    value('ssh_private_key_file', 'The file with the private SSH key of the administrator account.'),
    ...identityArguments,
    noWaitArgument,
  ],
  examples: [
    {
      text: 'Attach a Kubernetes cluster',
      command:
        'az ml compute attach --name k8s --type Kubernetes --namespace default --resource-id <id> -g my-resource-group -w my-workspace',
    },
  ],
  run(context, args) {
    if (args.text('file') === undefined && args.text('type') === undefined)
      throw usageError('the following arguments are required: --type/-t (or type in the YAML file)');
    const source = readAssetSource(args, context.io.cwd, 'compute', computeShape, {
      type: 'type',
      resource_id: 'resource_id',
      namespace: 'namespace',
      admin_username: 'ssh_settings.admin_username',
      admin_password: 'ssh_settings.admin_password',
      ssh_port: 'ssh_settings.ssh_port',
      ssh_private_key_file: 'ssh_settings.ssh_private_key_file',
      identity_type: 'identity.type',
    });
    applyIdentities(args, source.data);
    // A path on the command line starts at the working directory.
    const folder = args.text('ssh_private_key_file') === undefined ? source.folder : context.io.cwd;
    return putCompute(context, args, { ...source, folder });
  },
};
