import { catalogue, Id, watermark } from '@holdfast/events';
import { z } from 'zod';

const raised = {
  version: 1,
  key: 'agreementId',
  subject: 'counterId',
  summary: 'A counter went up by one; its value is the proof of order.',
  data: z.object({ agreementId: Id, counterId: Id, value: z.int().min(1) }),
} as const;

/** The events of a service that only counts. Each test takes a name, and so a topic, of its own. */
export const countingEvents = (service: string) =>
  catalogue(service, {
    [`${service}.counter.raised`]: raised,
    [`${service}.watermark.reached`]: watermark,
  } as Record<`${string}.counter.raised`, typeof raised> &
    Record<`${string}.watermark.reached`, typeof watermark>);
export type CountingEvents = ReturnType<typeof countingEvents>;

export type CounterRaised = Readonly<{ type: string; agreementId: string; counterId: string; value: number }>;

export const counterRaised = (service: string, event: Omit<CounterRaised, 'type'>) => ({
  type: `${service}.counter.raised` as const,
  ...event,
});
