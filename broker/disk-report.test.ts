import { expect, test } from 'vitest';
import { DiskReport } from './disk-report.ts';

test('a disk that refuses is told of when it begins, now and then, and when it is over', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const report = new DiskReport(
    (level, message) => void lines.push(`${level} ${message}`),
    () => nowMs,
  );
  report.accepted();
  for (; nowMs < 12_000; nowMs += 100) report.refused('orders/0', new Error('ENOSPC'));
  report.accepted();
  report.accepted();
  report.refused('offsets', new Error('EROFS'));
  expect(lines).toEqual([
    'error The disk refuses orders/0: ENOSPC',
    'error The disk refuses orders/0: ENOSPC (101 requests were refused so far)',
    'info The disk takes writes again; 120 requests had been refused',
    'error The disk refuses offsets: EROFS',
  ]);
});
