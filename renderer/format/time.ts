/** Moments as the instrument writes them: 24-hour clocks and ISO dates, in the reader's own zone unless said otherwise. */
const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** 14:03:09 */
export const clock = (ms: number): string => {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
};

/** 2026-03-01 14:03:09 */
export const moment = (ms: number): string => {
  const at = new Date(ms);
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${clock(ms)}`;
};

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** The city's own clock, in UTC so that the same seed reads the same everywhere: Tue 2026-03-03 19:42:10 */
export const cityClock = (ms: number): string => {
  const at = new Date(ms);
  return `${weekdays[at.getUTCDay()]} ${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 19)}`;
};

/** How long ago, coarse: 12 s ago, 3 min ago, 2 h ago, 5 d ago. */
export const ago = (ms: number, nowMs: number): string => {
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
};
