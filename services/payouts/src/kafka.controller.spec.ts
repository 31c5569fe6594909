import { handledBy } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { KafkaController } from './kafka.controller.ts';
import { definition } from './payouts.module.ts';

test('I7: the proof is told which command each event becomes', async () => {
  expect(await handledBy(KafkaController, definition.listensTo)).toEqual(definition.handles);
});
