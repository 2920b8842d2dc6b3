/** The path of a sparkline: pure arithmetic, apart from the component so that it can be tested. */

/** Newest value at the right edge; undefined values leave a gap. Undefined when there is nothing to draw. */
export const sparkPath = (
  values: readonly (number | undefined)[],
  width: number,
  height: number,
): { line: string; area: string } | undefined => {
  const known = values.filter((value) => value !== undefined);
  if (known.length < 2) return undefined;
  const top = Math.max(...known, Number.MIN_VALUE);
  const step = width / Math.max(1, values.length - 1);
  const y = (value: number): string => (height - 0.75 - (value / top) * (height - 1.5)).toFixed(1);
  let line = '';
  let area = '';
  let runStart: string | undefined;
  let x = '0';
  values.forEach((value, index) => {
    if (value === undefined) {
      if (runStart !== undefined) area += `L${x} ${height}L${runStart} ${height}Z`;
      runStart = undefined;
      return;
    }
    x = (index * step).toFixed(1);
    const point = `${runStart === undefined ? 'M' : 'L'}${x} ${y(value)}`;
    runStart ??= x;
    line += point;
    area += point;
  });
  if (runStart !== undefined) area += `L${x} ${height}L${runStart} ${height}Z`;
  return { line, area };
};
