import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { openLogs } from '../logs.ts';
import { createProcesses } from './processes.ts';

test('faults are put on the broker from the engine, strike, are counted, and go', { timeout: 60_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-faults-'));
  const { broker } = createProcesses(openLogs(), 'embedded');
  try {
    const { port } = await broker.start(() => ({ host: '127.0.0.1', port: 0, dataDir: dir }));
    const brokers = [`127.0.0.1:${port}`];
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
    const producer = kafka.producer({ retry: { retries: 0 } });
    await producer.connect();
    const send = () => producer.send({ topic: 't', messages: [{ value: 'a' }] });
    await send().catch(() => undefined); // the topic is made
    await send();
    expect(await broker.ask('faults', {})).toEqual([]);
    const rule = { id: 'f', api: 'Produce', topic: 't', effect: { kind: 'error', errorCode: 7 } } as const;
    await broker.ask('set faults', [rule]);
    await expect(send()).rejects.toThrow('timed out');
    expect(await broker.ask('faults', {})).toEqual([{ ...rule, struck: 1 }]);
    await broker.ask('set faults', []);
    await send();
    await producer.disconnect();
  } finally {
    await broker.stop();
    rmSync(dir, { recursive: true });
  }
});
