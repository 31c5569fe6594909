import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from 'kafkajs';

/**
 * How far each partition of a topic reaches now. For a moment a leader that has changed, or a topic that was just
 * made, cannot say: it is asked again.
 * @throws the client's error when that lasts for `silenceMs`, and at once for one that does not pass
 */
export async function topicEnds(
  admin: Admin,
  topic: string,
  silenceMs = 30_000,
): ReturnType<Admin['fetchTopicOffsets']> {
  const giveUpAt = performance.now() + silenceMs;
  for (;;) {
    try {
      return await admin.fetchTopicOffsets(topic);
    } catch (error) {
      if (!(error as { retriable?: boolean }).retriable || performance.now() > giveUpAt) throw error;
      await pause(100);
    }
  }
}
