/** When people are hungry: how likely a rider's slot becomes an order, by the hour and the day in India. */

const indiaOffsetMs = 5.5 * 3_600_000;
const hourMs = 3_600_000;

/** Share of slots used at each full hour, local time; between the hours it is a straight line. */
const byHour = [
  0.16, 0.09, 0.06, 0.05, 0.05, 0.07, 0.14, 0.3, 0.48, 0.44, 0.36, 0.55, 0.86, 0.92, 0.66, 0.4, 0.42, 0.5, 0.58, 0.84,
  0.96, 0.9, 0.6, 0.32,
];
/** Sunday first. */
const byWeekday = [1.12, 0.92, 0.93, 0.95, 0.97, 1.08, 1.15];

/** The probability, in (0, 0.98], that a slot which starts then is used. `level` scales the whole city's appetite. */
export function demandAt(timeMs: number, level: number): number {
  const localMs = timeMs + indiaOffsetMs;
  const hours = localMs / hourMs;
  const hour = Math.floor(hours);
  const part = hours - hour;
  const today = byHour[hour % 24]! * (1 - part) + byHour[(hour + 1) % 24]! * part;
  const weekday = byWeekday[(Math.floor(hour / 24) + 4) % 7]!; // 1 January 1970 was a Thursday
  return Math.min(0.98, Math.max(0.01, today * weekday * level));
}
