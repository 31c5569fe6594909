import { handledBy } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { definition } from './escrow.module.ts';
import { KafkaController } from './kafka.controller.ts';

test('I7: the proof is told which command each event becomes', async () => {
  expect(await handledBy(KafkaController, definition.listensTo)).toEqual(definition.handles);
});
