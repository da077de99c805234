import { join, relative } from 'node:path';
import { visibleText } from '../kernel/visible-text.ts';
import { type Diagnostic, type DiagnosticCode, formatDiagnostic } from '../language/index.ts';
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
  return warning.code === 'not-implemented';
}

/**
 * Says why the server refused a pipeline, and how to check a change where that would show it.
 * @param request what was asked of the server
 */
export async function reportRefusedPipeline(
  io: CliIo,
  request: { readonly directory: string; readonly file: string },
  message: string,
  body: unknown,
): Promise<void> {
  const found = typeof body === 'object' && body !== null ? (body as { diagnostics?: unknown }).diagnostics : undefined;
  const diagnostics = Array.isArray(found) ? (found as Diagnostic[]) : [];
  if (diagnostics.length === 0) io.stderr.write(`error: ${visibleText(message, 4000)}\n`);
  else await reportDiagnostics(io, request.directory, diagnostics);
  const file = relative(io.cwd, join(request.directory, request.file));
  const written = /[^\w./-]/.test(file) ? `'${visibleText(file).replaceAll("'", "'\\''")}'` : file;
  const next = diagnostics.some(isOfFile) ? ` After a change, check it with: millrace validate ${written}` : '';
  io.stderr.write(`Nothing was run.${next}\n`);
}

/** Problems that only a run has: `validate` takes what isn't built, and knows neither what a server has nor what a checkout names. */
const ofRuns: ReadonlySet<string> = new Set<DiagnosticCode>([
  'not-implemented',
  'group-without-values',
  'group-not-found',
  'environment-not-found',
  'pool-not-found',
  'connection-not-found',
  'repository-not-found',
]);

/** Whether `validate` shows the problem too, and it lies in the file rather than in what was typed. */
function isOfFile({ code, text, message }: Diagnostic): boolean {
  // The service names a place where the file is at fault, and none for a parameter given when the run is queued.
  const isTyped = code.startsWith('parameter-') && text === message;
  return !ofRuns.has(code) && !isTyped;
}

/**
 * Prints the warnings of a run that begins: those with a place, which the server keeps as the service writes it, as `validate` prints them.
 */
export async function reportRunWarnings(io: CliIo, directory: string, warnings: readonly string[]): Promise<void> {
  for (const warning of warnings) {
    const [, file, line, column, message] = /^(\S.*?) \(Line: (\d+), Col: (\d+)\): (.*)$/s.exec(warning) ?? [];
    if (file === undefined || message === undefined) io.stderr.write(`warning: ${visibleText(warning, 4000)}\n`);
    else {
      const place = { file, line: Number(line), column: Number(column) };
      await reportDiagnostics(io, directory, [
        { code: 'not-looked-at', severity: 'warning', message, text: warning, ...place },
      ]);
    }
  }
}
