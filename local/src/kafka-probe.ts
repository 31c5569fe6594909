import { connect } from 'node:net';

/** Metadata, version 1, of no topic: key 3, version 1, correlation 1, no client id, empty list. */
const METADATA_REQUEST = Buffer.from('0000000e00030001' + '00000001' + 'ffff' + '00000000', 'hex');
/** Length, correlation id, number of brokers. */
const ANSWER_BYTES = 12;
const PROBE_TIMEOUT_MS = 2000;

/** Whether a broker answers on this port and names itself as a broker that takes part. */
export function brokerAnswers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = Buffer.alloc(0);
    const finish = (ready: boolean): void => {
      socket.destroy();
      resolve(ready);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write(METADATA_REQUEST));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length >= ANSWER_BYTES) finish(answer.readInt32BE(8) > 0);
    });
  });
}
