import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { insideRoot } from '../kernel/paths.ts';
import { readText } from '../kernel/read-text.ts';
import { visibleText } from '../kernel/visible-text.ts';
import { type Diagnostic, formatDiagnostic, serviceLimits } from '../language/index.ts';
import type { CliIo } from './io.ts';
import { gitTop } from './pipeline-file.ts';
import { createStyle, wantsColour } from './view/style.ts';

/**
 * Prints diagnostics on standard error, each with its source line, warnings after errors.
 * @param directory absolute path of the folder that the diagnostics' files lie in
 * @param elsewhere the absolute path of a file of another repository by the compiler's name, `/path@alias`; undefined where it isn't known
 */
export async function reportDiagnostics(
  io: CliIo,
  directory: string,
  diagnostics: readonly Diagnostic[],
  elsewhere: (file: string) => string | undefined = () => undefined,
): Promise<void> {
  const style = createStyle(wantsColour(io.stderr, io.env));
  const errorsFirst = [...diagnostics].sort((a, b) => a.severity.localeCompare(b.severity));
  for (const diagnostic of errorsFirst) {
    const { file, source } = await lookUp(io.cwd, directory, diagnostic.file, elsewhere);
    const text = formatDiagnostic({ ...diagnostic, ...(file === undefined ? {} : { file }) }, source);
    io.stderr.write(`${diagnostic.severity === 'error' ? style.red('error') : style.yellow('warning')}: ${text}\n`);
  }
}

/** Says why the server refused a pipeline. */
export async function reportRefusedPipeline(
  io: CliIo,
  directory: string,
  message: string,
  body: unknown,
): Promise<void> {
  const found = typeof body === 'object' && body !== null ? (body as { diagnostics?: unknown }).diagnostics : undefined;
  const diagnostics = Array.isArray(found) ? (found as Diagnostic[]) : [];
  if (diagnostics.length === 0) io.stderr.write(`error: ${visibleText(message, 4000)}\n`);
  else await reportDiagnostics(io, directory, diagnostics);
  io.stderr.write('Nothing was run. After a change, check it with: millrace validate\n');
}

/** A file as seen from the working directory, so that an editor or a terminal finds it, and its text. What isn't found keeps its name. */
async function lookUp(
  cwd: string,
  directory: string,
  label: string | undefined,
  elsewhere: (file: string) => string | undefined,
): Promise<{ readonly file?: string; readonly source?: string | undefined }> {
  if (label === undefined) return {};
  const other = elsewhere(label);
  if (other !== undefined) return { file: relative(cwd, other), source: await textOf(dirname(other), basename(other)) };
  const root = rootOf(directory, label);
  const source = await textOf(root, label);
  return source === undefined && label.includes('@') ? {} : { file: relative(cwd, join(root, label)), source };
}

/** Paths in diagnostics begin at the repository's top: the directory itself, or the git work tree that the server found around it. */
function rootOf(directory: string, file: string): string {
  return existsSync(join(directory, file)) ? directory : (gitTop(directory) ?? directory);
}

async function textOf(directory: string, file: string): Promise<string | undefined> {
  try {
    return await readText(insideRoot(directory, file.replace(/^\/+/, '')), serviceLimits.fileBytes);
  } catch {
    // The place in the file is said anyway; only its text is not shown.
    return undefined;
  }
}
