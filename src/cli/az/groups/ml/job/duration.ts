/** Seconds as the ISO 8601 duration the clients send: `300` is `PT5M`, `100` is `PT1M40S`, two days are `P2D` (recorded). */
export function isoDuration(seconds: number): string {
  const whole = Math.max(0, Math.trunc(seconds));
  const days = Math.trunc(whole / 86_400);
  const parts = { H: Math.trunc(whole / 3600) % 24, M: Math.trunc(whole / 60) % 60, S: whole % 60 };
  const time = Object.entries(parts)
    .filter(([, value]) => value > 0)
    .map(([unit, value]) => `${value}${unit}`)
    .join('');
  if (whole === 0) return 'PT0S';
  return `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}`;
}

/** Whole seconds of an ISO 8601 duration; undefined for what is none. */
export function durationSeconds(text: string): number | undefined {
  const match = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!match) return undefined;
  const [, weeks, days, hours, minutes, seconds] = match.map((part) => Number(part ?? 0));
  return Math.trunc(
    (weeks ?? 0) * 604_800 + (days ?? 0) * 86_400 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0),
  );
}
