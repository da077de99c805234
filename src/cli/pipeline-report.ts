import { visibleText } from '../kernel/visible-text.ts';
import { type Diagnostic, formatDiagnostic } from '../language/index.ts';
import type { CliIo } from './io.ts';
import { fileFromHere, type SourceFolders, textOfSource } from './source-place.ts';
import { byCodeUnit } from './view/order.ts';
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
  elsewhere?: SourceFolders['elsewhere'],
): Promise<void> {
  const style = createStyle(wantsColour(io.stderr, io.env));
  const folders: SourceFolders = { cwd: io.cwd, directory, ...(elsewhere ? { elsewhere } : {}) };
  const errorsFirst = [...diagnostics].sort((a, b) => byCodeUnit(a.severity, b.severity));
  for (const diagnostic of errorsFirst) {
    const { file } = diagnostic;
    const source = file === undefined ? undefined : await textOfSource(folders, file);
    const shown = file === undefined ? diagnostic : { ...diagnostic, file: fileFromHere(folders, file) };
    const text = formatDiagnostic(shown, source);
    io.stderr.write(`${diagnostic.severity === 'error' ? style.red('error') : style.yellow('warning')}: ${text}\n`);
  }
}

/** Whether a warning is of something that no run does; what a run merely doesn't look at is for `validate` and `run` to say. */
export function isUnbuilt(warning: Diagnostic): boolean {
  return warning.code !== 'not-looked-at';
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
