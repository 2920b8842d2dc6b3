/**
 * The partition of a key, as Kafka's own clients choose it: murmur2 of the key's bytes, modulo the topic's partitions
 * (kafkajs's default partitioner and Java's DefaultPartitioner agree on it). Computed here, because the publisher must know
 * a record's partition before it sends: what is already in Kafka is known by partition.
 */

const seed = 0x9747b28c | 0;
const multiplier = 0x5bd1e995;

export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = seed ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  for (let at = length - 1; at >= whole; at--) hash ^= bytes[at]! << (8 * (at - whole));
  if (whole < length) hash = Math.imul(hash, multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}
