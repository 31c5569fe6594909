import { Partitioners } from 'kafkajs';

/** From the start; changing it re-maps keys and is a drained procedure (AD-6). */
export const partitionCount = 12;

const partitionMetadata = Array.from({ length: partitionCount }, (_, partitionId) => ({
  partitionId,
  partitionErrorCode: 0,
  leader: 0,
  replicas: [],
  isr: [],
}));
const partitioner = Partitioners.DefaultPartitioner();

/** The partition of a key, on every topic: murmur2 as in the Java client, so other producers agree. */
export const partitionOf = (key: string): number =>
  partitioner({ topic: '', partitionMetadata, message: { key, value: null } });
