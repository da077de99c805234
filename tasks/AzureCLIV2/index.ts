import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TaskContext, TaskEndpoint, TaskResult } from '../../src/contracts/task.ts';
import { login } from './login.ts';

/**
 * Logs `az` in by the service connection, runs the script, and logs out again (behaviour of the public task). Without a connection
 * the script runs with whatever login an earlier step of the job has made.
 */
export async function run(context: TaskContext): Promise<TaskResult> {
  const az = context.which('az');
  if (!az) {
    return {
      result: 'failed',
      message: "The Azure CLI ('az') is not on PATH. Run without --az real for the embedded one, or install it.",
    };
  }
  const cwd = context.input('cwd') || (context.variable('System.DefaultWorkingDirectory') ?? '');
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    return {
      result: 'failed',
      message: `The working directory '${cwd}' does not exist. Check the workingDirectory input.`,
    };
  }
  const temp = context.variable('Agent.TempDirectory') ?? cwd;
  const script = writeScript(context, temp);
  const endpoint = context.endpoint('connectedServiceNameARM');
  const env: Record<string, string | undefined> = {};
  let ownFolder: string | undefined;
  if (context.booleanInput('useGlobalConfig')) env['AZURE_CONFIG_DIR'] = undefined;
  else if (endpoint) {
    ownFolder = join(temp, `.azclitask-${randomUUID()}`);
    mkdirSync(ownFolder, { mode: 0o700 });
    env['AZURE_CONFIG_DIR'] = ownFolder;
  }
  try {
    if (endpoint) {
      const fault = await prepareLogin(context, az, endpoint, env, temp, cwd);
      if (fault) return { result: 'failed', message: fault };
    } else {
      context.warning(
        'The input azureSubscription is not set: the script runs with the login that an earlier step made. Azure DevOps itself requires azureSubscription.',
      );
    }
    context.print(`##[command]${script.file} ${script.args.join(' ')}`);
    let stderr = '';
    const end = await context.exec(script.file, script.args, {
      cwd,
      env,
      onStderr(text) {
        if (context.booleanInput('failOnStandardError')) stderr += text;
      },
    });
    if (stderr !== '')
      return {
        result: 'failed',
        message: `The script wrote to the standard error stream, and failOnStandardError is on:\n${stderr.trimEnd()}`,
      };
    if (end.exitCode !== 0) return { result: 'failed', message: `Script failed with exit code: ${end.exitCode}` };
    return { result: 'succeeded' };
  } finally {
    rmSync(script.path, { force: true });
    // With the folder of its own goes the login. A shared one is told to forget it.
    if (context.booleanInput('keepAzSessionActive')) {
      const folder = ownFolder;
      if (folder) context.atJobEnd(async () => rmSync(folder, { recursive: true, force: true }));
    } else if (ownFolder) rmSync(ownFolder, { recursive: true, force: true });
    else if (endpoint && !context.signal.aborted)
      await context.exec(az, ['account', 'clear'], { cwd, env, quiet: true });
  }
}

/** Logs in and chooses the subscription; adds what the script may know. @returns what went wrong */
async function prepareLogin(
  context: TaskContext,
  az: string,
  endpoint: TaskEndpoint,
  env: Record<string, string | undefined>,
  temp: string,
  cwd: string,
): Promise<string | undefined> {
  const quiet = !context.booleanInput('visibleAzLogin');
  const runAz = async (...args: string[]) => {
    const hidden = args.map((arg) => (arg.startsWith('@') ? '***' : arg));
    context.print(`##[command]az ${hidden.join(' ')}`);
    const end = await context.exec(az, args, { cwd, env, quiet });
    // Quiet output is only worth showing when it explains a failure.
    if (quiet && end.exitCode !== 0) context.print(end.stderr.trimEnd());
    return end.exitCode;
  };
  const cloud = endpoint.data['environment'] || 'AzureCloud';
  if (cloud !== 'AzureCloud' && (await runAz('cloud', 'set', '-n', cloud)) !== 0) {
    return `az does not know the cloud '${cloud}' that the service connection '${endpoint.name}' names.`;
  }
  const identity = await login(context, endpoint, temp, runAz);
  if ('fault' in identity) return identity.fault;
  const subscription = endpoint.data['subscriptionId'];
  if (subscription && (await runAz('account', 'set', '--subscription', subscription)) !== 0) {
    return `The subscription ${subscription} of the service connection '${endpoint.name}' could not be chosen; az's own message is above.`;
  }
  const { clientId, tenantId, secret, idToken } = identity;
  env['AZURESUBSCRIPTION_SERVICE_CONNECTION_ID'] = endpoint.id;
  env['AZURESUBSCRIPTION_CLIENT_ID'] = clientId;
  env['AZURESUBSCRIPTION_TENANT_ID'] = tenantId;
  if (context.booleanInput('addSpnToEnvironment')) {
    env['servicePrincipalId'] = clientId;
    env['tenantId'] = tenantId;
    if (secret !== undefined) env['servicePrincipalKey'] = secret;
    if (idToken !== undefined) env['idToken'] = idToken;
  }
  return undefined;
}

/** The script as a file and the program that runs it. @throws for a script type that can't run here */
function writeScript(context: TaskContext, temp: string): { path: string; file: string; args: string[] } {
  const type = context.requiredInput('scriptType').toLowerCase();
  const inline = context.input('scriptLocation').toLowerCase() === 'inlinescript';
  const args = context.input('scriptArguments');
  const source = inline ? '' : context.requiredInput('scriptPath');
  if (!inline && !statSync(source, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(
      `The script '${source}' is not a file. Check the scriptPath input; it is relative to the repository.`,
    );
  }
  if (type === 'batch') throw new Error('Batch scripts run on Windows only. Use scriptType bash or pscore.');
  if (type === 'bash') {
    const bash = context.which('bash');
    if (!bash) throw new Error("'bash' is not on PATH. Install it.");
    const path = join(temp, `azureclitaskscript${randomUUID()}.sh`);
    // Arguments are words of a shell, quoted as the author wrote them: a script hands them on.
    const content = inline
      ? `${args === '' ? '' : `set -- ${args}\n`}${context.input('inlineScript')}`
      : `exec bash '${source.replaceAll("'", "'\\''")}' ${args}`;
    writeFileSync(path, `${content}\n`, { mode: 0o700 });
    return { path, file: bash, args: [path] };
  }
  if (type !== 'ps' && type !== 'pscore')
    throw new Error(`The scriptType '${type}' is unknown. Use bash, ps, pscore or batch.`);
  const pwsh = context.which('pwsh') ?? context.which('powershell');
  if (!pwsh) {
    throw new Error(
      "PowerShell ('pwsh') is not installed on this machine. Install it (https://aka.ms/install-powershell), or use scriptType bash.",
    );
  }
  const path = join(temp, `azureclitaskscript${randomUUID()}.ps1`);
  const preference = context.input('powerShellErrorActionPreference') || 'stop';
  const body = inline ? context.input('inlineScript') : `. '${source.replaceAll("'", "''")}' ${args}`;
  const last = context.booleanInput('powerShellIgnoreLASTEXITCODE')
    ? ''
    : '\nif (!(Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit 0 } else { exit $LASTEXITCODE }';
  writeFileSync(path, `\uFEFF$ErrorActionPreference = '${preference}'\n${body}${last}\n`, { mode: 0o700 });
  const call = inline ? `. '${path}' ${args}`.trim() : `. '${path}'`;
  return { path, file: pwsh, args: ['-NoLogo', '-NoProfile', '-NonInteractive', '-Command', call] };
}
