import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
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
 */
export async function reportDiagnostics(
  io: CliIo,
  directory: string,
  diagnostics: readonly Diagnostic[],
): Promise<void> {
  const style = createStyle(wantsColour(io.stderr, io.env));
  const errorsFirst = [...diagnostics].sort((a, b) => a.severity.localeCompare(b.severity));
  for (const diagnostic of errorsFirst) {
    const root = rootOf(directory, diagnostic.file);
    const source = await sourceOf(root, diagnostic.file);
    const text = formatDiagnostic({ ...diagnostic, ...placeFromHere(io.cwd, root, diagnostic.file) }, source);
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

/** Paths in diagnostics begin at the repository's top: the directory itself, or the git work tree that the server found around it. */
function rootOf(directory: string, file: string | undefined): string {
  if (file === undefined || existsSync(join(directory, file))) return directory;
  return gitTop(directory) ?? directory;
}

/** The file as seen from the working directory, so that an editor or a terminal finds it. */
function placeFromHere(cwd: string, directory: string, file: string | undefined): { readonly file?: string } {
  return file === undefined ? {} : { file: relative(cwd, join(directory, file)) };
}

async function sourceOf(directory: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readText(insideRoot(directory, file.replace(/^\/+/, '')), serviceLimits.fileBytes);
  } catch {
    // The place in the file is said anyway; only its text is not shown.
    return undefined;
  }
}
