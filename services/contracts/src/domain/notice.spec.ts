import { describe, expect, test } from '@jest/globals';
import {
  begin,
  bounce,
  cancel,
  type Delivery,
  deliver,
  eventsOf,
  isReadable,
  type Notice,
  nextCallAt,
  plan,
  retry,
  show,
} from './notice.ts';

const at = (day: number): Date => new Date(Date.UTC(2027, 0, day));
const dueAt = at(15);
const deadline = { service: 'escrow', kind: 'review.silence', id: 'm', dueAt } as const;
const told = {
  accountId: 'client-1',
  template: 'review_started',
  category: 'deadline',
  facts: { agreementId: 'a' },
  plannedAt: at(1),
  deadline,
  number: 1,
} as const;
const planned = plan({ id: 'n', causeId: 'event' }, told);
const reachable = { hasAddress: true, takesNews: true };
const sending = begin(planned, reachable);
const accepted = deliver(sending, 'accepted', at(2));
const typesOf = (before: Notice, after: Notice) => eventsOf(before, after).map(({ type }) => type);

describe('C-7: the life of a notice', () => {
  test('planned, sending, accepted: the server’s word is the proof', () => {
    expect([planned, sending, accepted].map(({ status }) => status)).toEqual([
      'planned',
      'sending',
      'accepted',
    ]);
    expect(accepted.provenAt).toEqual(at(2));
    expect(eventsOf(sending, accepted)).toEqual([
      {
        type: 'contracts.notice.sent',
        accountId: 'client-1',
        noticeId: 'n',
        template: 'review_started',
        deadline: { service: 'escrow', kind: 'review.silence', id: 'm' },
        provenAt: at(2),
      },
    ]);
    expect([planned, sending, accepted].map(nextCallAt)).toEqual([at(1), at(1), undefined]);
  });

  test('a word that comes twice, or to what is over, changes nothing', () => {
    for (const delivery of ['accepted', 'refused', 'unanswered'] satisfies Delivery[]) {
      expect(deliver(accepted, delivery, at(3))).toBe(accepted);
      expect(deliver(planned, delivery, at(3))).toBe(planned);
    }
    expect(begin(accepted, reachable)).toBe(accepted);
    expect(begin(sending, { hasAddress: false, takesNews: false })).toBe(sending);
  });

  test('a permanent refusal is bounced; a passing one is tried for four days', () => {
    expect(deliver(sending, 'refused', at(2))).toMatchObject({ status: 'bounced', bouncedAt: at(2) });
    expect(deliver(sending, 'unanswered', at(4))).toBe(sending);
    expect(deliver(sending, 'unanswered', at(5))).toMatchObject({ status: 'failed', reason: 'unanswered' });
    expect(typesOf(sending, deliver(sending, 'refused', at(2)))).toEqual(['contracts.notice.bounced']);
    expect(typesOf(sending, deliver(sending, 'unanswered', at(5)))).toEqual([]);
  });

  test('a later bounce takes the proof back, unless the person was shown it', () => {
    const back = bounce(accepted, at(3));
    expect(back).toMatchObject({ status: 'bounced', provenAt: undefined });
    expect(typesOf(accepted, back)).toEqual(['contracts.notice.bounced']);
    expect(bounce(back, at(4))).toBe(back);
    expect(bounce(planned, at(4))).toBe(planned);
    const seen = show(accepted, at(3));
    expect(bounce(seen, at(4))).toMatchObject({ status: 'bounced', provenAt: at(3) });
    expect(typesOf(seen, bounce(seen, at(4)))).toEqual([]);
  });

  test('shown: a first proof, or one more that nobody needs', () => {
    expect(typesOf(planned, show(planned, at(1)))).toEqual(['contracts.notice.sent']);
    expect(typesOf(accepted, show(accepted, at(3)))).toEqual([]);
    expect(show(accepted, at(3))).toMatchObject({ provenAt: at(2), shownAt: at(3) });
    const back = bounce(accepted, at(3));
    expect(typesOf(back, show(back, at(4)))).toEqual(['contracts.notice.sent']);
    expect(show(show(planned, at(1)), at(2)).shownAt).toEqual(at(1));
  });

  test('a deadline that is gone cancels what is planned, and calls nothing back', () => {
    expect(cancel(planned)).toMatchObject({ status: 'cancelled', reason: 'deadline_gone' });
    expect(cancel(sending)).toBe(sending);
    expect(isReadable(cancel(planned), at(9))).toBe(false);
    expect(isReadable(planned, at(1))).toBe(true);
    expect(isReadable({ ...planned, plannedAt: at(2) }, at(1))).toBe(false);
  });
});

test('C-4: only news may be refused', () => {
  const person = { hasAddress: true, takesNews: false };
  const categories = ['money', 'deadline', 'account', 'news'] as const;
  expect(categories.map((category) => begin({ ...planned, category }, person).status)).toEqual([
    'sending',
    'sending',
    'sending',
    'cancelled',
  ]);
});

test('C-7: without an address it has failed, until there is one and it still helps', () => {
  const failed = begin(planned, { hasAddress: false, takesNews: true });
  expect(failed).toMatchObject({ status: 'failed', reason: 'no_address' });
  expect(retry(failed, at(14))).toMatchObject({ status: 'planned' });
  expect(retry(failed, dueAt)).toBe(failed);
  expect(retry({ ...failed, deadline: undefined }, at(2))).toMatchObject({ status: 'failed' });
  expect(retry(deliver(sending, 'unanswered', at(9)), at(10))).toMatchObject({ reason: 'unanswered' });
});
