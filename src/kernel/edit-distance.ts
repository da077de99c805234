/**
 * How many characters are to be added, left out, replaced or swapped with a neighbour; words longer than 40 characters are cut,
 * so that it stays cheap.
 */
export function editDistance(a: string, b: string): number {
  const [left, right] = [a.slice(0, 40), b.slice(0, 40)];
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= left.length; i++) {
    const row = [i];
    const above = rows[i - 1] as number[];
    for (let j = 1; j <= right.length; j++) {
      const replace = (above[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const swap = swapped ? ((rows[i - 2] as number[])[j - 2] as number) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replace, (above[j] as number) + 1, (row[j - 1] as number) + 1, swap));
    }
    rows.push(row);
  }
  return (rows[left.length] as number[])[right.length] as number;
}
