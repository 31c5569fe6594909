import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { catalogue, Id, WireMoney } from './catalogue.ts';
import { eventsPage } from './events-page.ts';
import { catalogues } from './schemas.ts';

const letters = catalogue('letters', {
  'letters.letter.sent': {
    version: 2,
    key: 'agreementId',
    subject: 'letterId',
    summary: 'Sent | with stamps.',
    data: z.object({
      letterId: Id,
      kind: z.enum(['card', 'box']),
      dueDate: z.iso.date().optional(),
      stamps: z.array(z.object({ price: WireMoney, count: z.int().min(1).max(9) })).max(3),
    }),
  },
});

test('an event is one row with its fields', () => {
  expect(eventsPage([letters])).toContain(
    '| `letters.letter.sent` (v2) | `agreementId` | `letterId` | Sent \\| with stamps. | `letterId` Id<br>' +
      '`kind` `card` or `box`<br>`dueDate`? date<br>`stamps` ..3 x { `price` Money, `count` integer 1..9 } |',
  );
});

test('shared types are explained once', () => {
  const explained = eventsPage([letters]).match(/^\| (Id|Money) \| .*$/gm);
  expect(explained).toEqual([
    '| Id | A UUID. | uuid |',
    expect.stringMatching(
      /^\| Money \| .* \| \{ `amountMinor` `\^\(0\\\|\[1-9]\\d\{0,17}\)\$`, `currency` `USD` \} \|$/,
    ),
  ]);
});

test('every event of every service is there, and every row has five cells', () => {
  const page = eventsPage(catalogues);
  for (const { events } of catalogues)
    for (const type of Object.keys(events)) expect(page).toContain(`| \`${type}\` |`);
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  for (const row of rows) expect(row.split(/(?<!\\)\|/)).toHaveLength(7);
});
