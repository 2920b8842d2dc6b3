/** Which window of time is shown: kept in the URL, so that a view can be linked and comes back on reload. */
export type Range =
  | { readonly kind: 'live'; readonly spanMs: number }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number };

export const spans: readonly { readonly label: string; readonly ms: number }[] = [
  { label: '5 m', ms: 300_000 },
  { label: '15 m', ms: 900_000 },
  { label: '1 h', ms: 3_600_000 },
];
const shortest = 10_000;

const time = (text: string | null): number | undefined => {
  const value = Number(text);
  return text !== null && Number.isSafeInteger(value) && value > 0 ? value : undefined;
};

/** `?span=900000` follows the clock, `?from=…&to=…` stands still. Anything else is the first span, live. */
export const parseRange = (search: URLSearchParams): Range => {
  const [fromMs, toMs] = [time(search.get('from')), time(search.get('to'))];
  if (fromMs !== undefined && toMs !== undefined && toMs - fromMs >= shortest) return { kind: 'fixed', fromMs, toMs };
  const spanMs = time(search.get('span'));
  return { kind: 'live', spanMs: spans.some((span) => span.ms === spanMs) ? spanMs! : spans[0]!.ms };
};

export const rangeParams = (range: Range): Record<string, string> =>
  range.kind === 'live'
    ? { span: String(range.spanMs) }
    : { from: String(Math.round(range.fromMs)), to: String(Math.round(range.toMs)) };

export const boundsOf = (range: Range, nowMs: number): { fromMs: number; toMs: number } =>
  range.kind === 'live' ? { fromMs: nowMs - range.spanMs, toMs: nowMs } : range;

/** Stops the clock at what is shown, or lets it go on with a span of about the same length. */
export const togglePause = (range: Range, nowMs: number): Range => {
  if (range.kind === 'live') return { kind: 'fixed', ...boundsOf(range, nowMs) };
  const length = range.toMs - range.fromMs;
  return { kind: 'live', spanMs: (spans.find((span) => span.ms >= length) ?? spans.at(-1)!).ms };
};
