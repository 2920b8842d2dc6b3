import { describe, expect, test } from 'vitest';
import { decide, isPermitted, restartUrl } from './navigation.ts';

const engine = 'http://127.0.0.1:4321/?token=abc';

describe('navigation', () => {
  test.each(['http://127.0.0.1:4321/query', 'http://127.0.0.1:4321/?token=abc#x'])('stays inside for %s', (url) => {
    expect(decide(url, engine, false)).toEqual({ kind: 'inside' });
  });

  test.each([
    'http://127.0.0.1:4322/',
    'http://localhost:4321/',
    'http://127.0.0.1:4321@evil.example/',
    'http://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,hello',
    'smb://server/share',
    'blob:null/1',
    'about:blank',
    'not a url',
  ])('refuses %s', (url) => {
    expect(decide(url, engine, false)).toEqual({ kind: 'refused' });
  });

  test('opens https links in the browser of the user', () => {
    expect(decide('https://duckdb.org/docs', engine, false)).toEqual({
      kind: 'outside',
      url: 'https://duckdb.org/docs',
    });
  });

  test('has no inside while no engine runs', () => {
    expect(decide('http://127.0.0.1:4321/', null, false)).toEqual({ kind: 'refused' });
  });

  test('restarts the engine only from the page of the shell', () => {
    expect(decide(restartUrl, engine, true)).toEqual({ kind: 'restart' });
    expect(decide(restartUrl, engine, false)).toEqual({ kind: 'refused' });
  });
});

describe('permissions', () => {
  test('lets the page of the engine copy, and nothing else', () => {
    expect(isPermitted('clipboard-sanitized-write', engine, engine)).toBe(true);
    for (const permission of ['clipboard-read', 'geolocation', 'media', 'notifications', 'usb', 'openExternal'])
      expect(isPermitted(permission, engine, engine)).toBe(false);
  });

  test('lets no other page do even that', () => {
    expect(isPermitted('clipboard-sanitized-write', 'https://example.com/', engine)).toBe(false);
    expect(isPermitted('clipboard-sanitized-write', engine, null)).toBe(false);
  });
});
