/**
 * Figures as the instrument writes them: grouped digits, a unit, never more digits than can be read, and of a width that does
 * not jump as the value moves. Absent figures are an en dash, never zero.
 */
export const absent = '–';

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const fixed = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const one = fixed(1);
const two = fixed(2);

const known = (value: number | null | undefined): value is number =>
  value !== undefined && value !== null && !Number.isNaN(value);

/** All digits: 1,234,567. */
export const count = (value: number | null | undefined): string => (known(value) ? grouped.format(value) : absent);

/** At most `digitsMax` digits in full, beyond that in thousands, millions or billions: 12.4 M. */
export const compact = (value: number | null | undefined, fullBelow = 10_000_000): string => {
  if (!known(value)) return absent;
  const size = Math.abs(value);
  if (size < fullBelow) return grouped.format(value);
  if (size < 1e6) return `${one.format(value / 1e3)} k`;
  if (size < 1e9) return `${(size < 1e8 ? two : one).format(value / 1e6)} M`;
  return `${two.format(value / 1e9)} B`;
};

/** Events a second: whole from 10 up, one digit below, so that a trickle is not shown as nothing. */
export const rate = (value: number | null | undefined): string => {
  if (!known(value)) return absent;
  if (value === 0) return '0';
  if (value < 0.05) return '<0.1';
  return value < 9.95 ? one.format(value) : compact(Math.round(value), 1_000_000);
};

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in decimal units with three significant digits: 142 MB, 1.42 GB. */
export const bytes = (value: number | null | undefined): string => {
  if (!known(value)) return absent;
  let unit = 0;
  let rest = value;
  while (rest >= 999.5 && unit < byteUnits.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || rest >= 99.95 ? grouped : rest >= 9.995 ? one : two;
  return `${digits.format(rest)} ${byteUnits[unit]}`;
};

/** Per cent of one core; two cores in full are 200 %. */
export const percent = (value: number | null | undefined): string => {
  if (!known(value)) return absent;
  return `${value < 99.95 ? one.format(value) : grouped.format(value)} %`;
};

/** A duration in the unit a reader would use: 84 ms, 2.41 s, 3 min 12 s. */
export const duration = (ms: number | null | undefined): string => {
  if (!known(ms)) return absent;
  if (ms < 999.5) return `${grouped.format(ms)} ms`;
  if (ms < 9_995) return `${two.format(ms / 1000)} s`;
  if (ms < 59_950) return `${one.format(ms / 1000)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${grouped.format(Math.floor(minutes / 60))} h ${String(minutes % 60).padStart(2, '0')} min`;
};

/** Time since the start of something that is still going: 0.4 s, 12.3 s, 2:05 min. */
export const elapsed = (ms: number): string => {
  if (ms < 60_000) return `${one.format(Math.max(0, ms) / 1000)} s`;
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
};

/** `1 row`, `2 rows`. */
export const plural = (value: number, singular: string, many = `${singular}s`): string =>
  `${grouped.format(value)} ${value === 1 ? singular : many}`;
