/**
 * Where the window may go: the engine's own origin and nowhere else. A link to the outside opens in the user's browser,
 * and only over https, so that a page can never make the system run a handler of another scheme (file:, smb:, ms-…:).
 * Pure; the shell asks before every navigation, redirect and new window.
 */

export type Decision =
  /** the engine's page: go there */
  | { readonly kind: 'inside' }
  /** the button of our own "engine has stopped" page */
  | { readonly kind: 'restart' }
  /** not here, but in the user's browser */
  | { readonly kind: 'outside'; readonly url: string }
  | { readonly kind: 'refused' };

/** The Restart button is a link to this reserved name (RFC 2606): it resolves nowhere, and needs no script in the page. */
export const restartUrl = 'https://shell.tiffin.invalid/restart';

/** `engineUrl` is null while no engine runs; `onOwnPage` says that the window shows a page of the shell itself. */
export const decide = (target: string, engineUrl: string | null, onOwnPage: boolean): Decision => {
  const url = URL.parse(target);
  if (url === null) return { kind: 'refused' };
  if (target === restartUrl) return { kind: onOwnPage ? 'restart' : 'refused' };
  if (engineUrl !== null && url.origin === new URL(engineUrl).origin) return { kind: 'inside' };
  return url.protocol === 'https:' ? { kind: 'outside', url: url.href } : { kind: 'refused' };
};

/** Copying to the clipboard is the one thing that the page may do beyond the sandbox; it may not read it. */
export const isPermitted = (permission: string, requestingUrl: string, engineUrl: string | null): boolean =>
  permission === 'clipboard-sanitized-write' && decide(requestingUrl, engineUrl, false).kind === 'inside';
