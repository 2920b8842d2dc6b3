/**
 * Keys that work on every page: `g` then a letter goes to a page, `?` explains. A sequence is a small state machine over
 * (pending, key, time), kept apart from the DOM.
 */
export interface Pending {
  readonly key: string;
  readonly atMs: number;
}
export type KeyResult<Name> = { readonly pending: Pending | null; readonly hit?: Name };

const sequenceMaxMs = 1200;

/** One key press: a single key hits at once, the first of a sequence waits for its second. */
export const pressKey = <Name>(
  bindings: ReadonlyMap<string, Name>,
  pending: Pending | null,
  key: string,
  atMs: number,
): KeyResult<Name> => {
  const prefix = pending !== null && atMs - pending.atMs <= sequenceMaxMs ? `${pending.key} ` : '';
  const hit = bindings.get(`${prefix}${key}`);
  if (hit !== undefined) return { pending: null, hit };
  const opens = [...bindings.keys()].some((binding) => binding.startsWith(`${key} `));
  return { pending: opens ? { key, atMs } : null };
};

/** Keys typed into a field, an editor or with a modifier are not ours. */
export const isTyping = (event: KeyboardEvent): boolean => {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.closest('input, textarea, select, [role="textbox"], .monaco-editor') !== null
  );
};
