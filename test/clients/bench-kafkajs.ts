/** One load of kafkajs, printed as messages a second: node bench-kafkajs.ts produce|consume BOOTSTRAP MESSAGES */
import { Kafka, logLevel } from 'kafkajs';

const [, , what, bootstrap = '', count = ''] = process.argv;
const messages = Number(count);
const messageBytes = 240;
const batchMessages = 2000;
const topic = 'kafkajs';
const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR });

/** A JSON object of exactly 240 bytes. */
const event = (index: number): string => {
  const head = `{"event_id":${index},"type":"order.placed","city":"Bengaluru","note":"`;
  return `${head}${'x'.repeat(messageBytes - head.length - 2)}"}`;
};

const produce = async (): Promise<number> => {
  const producer = kafka.producer();
  await producer.connect();
  const batches = Array.from({ length: 20 }, (_, batch) =>
    Array.from({ length: batchMessages }, (_unused, index) => ({ value: event(batch * batchMessages + index) })),
  );
  const startedAtMs = performance.now();
  let sent = 0;
  const send = async (): Promise<void> => {
    while (sent < messages) {
      const batch = batches[(sent / batchMessages) % batches.length]!;
      sent += batchMessages;
      await producer.send({ topic, acks: -1, messages: batch });
    }
  };
  await Promise.all([send(), send(), send()]);
  const seconds = (performance.now() - startedAtMs) / 1000;
  await producer.disconnect();
  return sent / seconds;
};

const consume = async (): Promise<number> => {
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let firstAtMs = 0;
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachBatchAutoResolve: true,
        eachBatch: async ({ batch }) => {
          firstAtMs ||= performance.now();
          seen += batch.messages.length;
          if (seen >= messages) resolve();
        },
      })
      .catch(reject);
  });
  const seconds = (performance.now() - firstAtMs) / 1000;
  await consumer.disconnect();
  return seen / seconds;
};

console.log(await (what === 'produce' ? produce() : consume()));
