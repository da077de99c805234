/**
 * How long to wait before the next poll, in milliseconds. A run that seldom changes is asked again at once; one with many short
 * steps about ten times a second, which is as often as a screen shows it: the server has the steps to run.
 */
export function createPace(): (now: number) => number {
  let recent: number[] = [];
  return (now) => {
    recent = [...recent.filter((time) => now - time < 1000), now];
    return recent.length <= 6 ? 0 : Math.min(150, (recent.length - 6) * 20);
  };
}
