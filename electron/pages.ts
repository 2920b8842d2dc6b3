/**
 * The two pages of the shell itself: while the engine starts, and when it has stopped. They are data: URLs with no script and
 * no request to anywhere; the Restart button is a link that the shell intercepts (see navigation.ts).
 */
import { restartUrl } from './navigation.ts';

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!);

const style = `
  :root { color-scheme: light dark; }
  body { margin: 0; height: 100vh; display: grid; place-items: center; font: 14px/20px system-ui, sans-serif;
    background: light-dark(#f7f7f8, #101113); color: light-dark(#1f2328, #c9ccd1); }
  main { width: min(640px, 84vw); }
  h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 0 8px; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; max-height: 40vh; overflow: auto; padding: 12px; border-radius: 4px;
    font: 12px/20px ui-monospace, monospace; background: light-dark(#ebecee, #1a1c1f); }
  a { display: inline-block; margin-top: 8px; padding: 6px 16px; border-radius: 4px; text-decoration: none;
    background: light-dark(#1f2328, #e6e8eb); color: light-dark(#fff, #101113); }
  a:focus-visible { outline: 2px solid light-dark(#2f6fde, #6ea8fe); outline-offset: 2px; }`;

const page = (title: string, body: string): string =>
  `data:text/html;charset=utf-8,${encodeURIComponent(
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>` +
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">` +
      `<style>${style}</style></head><body><main>${body}</main></body></html>`,
  )}`;

export const startingPage = (): string =>
  page('Tiffin is starting', '<h1 role="status">Tiffin is starting</h1><p>The engine opens its workspace.</p>');

/** `canRestart` is false when the engine belongs to a terminal: then that is where it is started again. */
export const stoppedPage = (reason: string, canRestart: boolean): string =>
  page(
    'The engine has stopped',
    `<h1 role="alert">The engine has stopped</h1><p>What was stored is safe. This is what it said last:</p>` +
      `<pre>${escape(reason)}</pre>` +
      (canRestart
        ? `<a href="${restartUrl}" autofocus>Restart</a>`
        : '<p>Start it again in the terminal from which it came, with <code>npm start</code>.</p>'),
  );

export const isOwnPage = (url: string): boolean => url.startsWith('data:text/html;charset=utf-8,');
