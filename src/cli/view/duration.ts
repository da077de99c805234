/** A time span for a person: `0.4s`, `12.3s`, `2m 05s`, `1h 02m`. Takes milliseconds. */
export function formatDuration(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < 59_950) return `${(span / 1000).toFixed(1)}s`;
  const seconds = Math.round(span / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}

/**
 * How long something with these ISO times has run at `now` (milliseconds since 1970); undefined before its start, and for
 * times that can't be read.
 */
export function elapsed(
  times: { readonly startTime?: string | null; readonly finishTime?: string | null },
  now: number,
): number | undefined {
  if (!times.startTime) return undefined;
  const end = times.finishTime ? Date.parse(times.finishTime) : now;
  const span = end - Date.parse(times.startTime);
  return Number.isNaN(span) ? undefined : Math.max(0, span);
}
