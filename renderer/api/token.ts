/**
 * The engine prints its URL with `?token=…`. The page keeps the token for the life of the tab and takes it out of the
 * address bar, so that it is not in a screenshot, a bookmark or a pasted link. It is never written to disk.
 *
 * A restarted engine has another token. Whichever tab learns it tells the others of the same address, so that a tab that was
 * left open goes on by itself.
 */
const key = 'tiffin.token';
const channel = new BroadcastChannel(key);
let token = '';

/** Splits a URL into the token it carries, if any, and the address without it. */
export const splitToken = (href: string): { token: string | null; rest: string } => {
  const url = new URL(href);
  const found = url.searchParams.get('token');
  url.searchParams.delete('token');
  return { token: found, rest: `${url.pathname}${url.search}${url.hash}` };
};

const keep = (found: string): void => {
  token = found;
  window.sessionStorage.setItem(key, found);
};

/** Reads the token from the address bar or from this tab's memory; `onOther` is called when another tab has a newer one. */
export const takeToken = (onOther: () => void): void => {
  const found = splitToken(window.location.href);
  if (found.token === null) token = window.sessionStorage.getItem(key) ?? '';
  else {
    keep(found.token);
    window.history.replaceState(null, '', found.rest);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a BroadcastChannel reaches its own origin only
    channel.postMessage(found.token);
  }
  channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== 'string' || data === token) return;
    keep(data);
    onOther();
  });
};

export const currentToken = (): string => token;
