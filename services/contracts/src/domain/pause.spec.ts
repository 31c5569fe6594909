import type { HoldKind } from '@holdfast/events';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { fromRow, toRow } from '../tables/agreement.table.ts';
import type { Account } from './account.ts';
import type { Agreement } from './agreement.ts';
import { closed } from './agreement-end.ts';
import { evolve, pause, resume, stoppedAs } from './pause.ts';

const [now, later] = [new Date('2026-12-01T10:00:00.000Z'), new Date('2026-12-02T10:00:00.000Z')];
const active: Agreement = {
  id: 'agreement',
  clientId: 'client',
  freelancerId: 'freelancer',
  contractType: 'fixed',
  termsVersion: 1,
  settings: pinnedDefaults,
  activatedAt: now,
  status: 'active',
};
const stopping = { holdId: 'hold', kind: 'safety', now } as const;
const paused = evolve(active, pause(active, stopping)!);
const closing = closed(active, { by: 'client', now });

const person = (id: string, ...holds: HoldKind[]): Account => ({
  id,
  roles: ['client', 'freelancer'],
  region: 'US',
  holds,
});
const parties = (client: HoldKind[], freelancer: HoldKind[]) => ({
  client: person('client', ...client),
  freelancer: person('freelancer', ...freelancer),
});

describe('A-17: the platform pauses a contract', () => {
  test.each([
    ['safety', ['client', 'freelancer']],
    ['financial', ['client']],
    ['identity', []],
    ['closed', []],
  ] as const)('S-5: a %s hold stops the contracts that its person has as %j', (kind, roles) => {
    expect(stoppedAs(kind)).toEqual(roles);
    expect(pause(active, { ...stopping, kind })?.reason).toBe(roles.length > 0 ? `${kind}_hold` : undefined);
  });

  test('from then on, and the row keeps it', () => {
    expect(pause(active, stopping)).toEqual({
      type: 'contracts.contract.paused',
      agreementId: 'agreement',
      reason: 'safety_hold',
      holdId: 'hold',
      pausedAt: now,
    });
    expect(paused).toEqual({ ...active, status: 'paused', pausedAt: now });
    expect(fromRow(toRow(paused))).toEqual(paused);
  });

  test('not one that is paused already, nor one that closes', () => {
    for (const agreement of [paused, closing]) expect(pause(agreement, stopping)).toBeUndefined();
  });
});

describe('A-17: it goes on once the last cause is gone', () => {
  test.each([
    ['nobody is held', [], [], true],
    ['the client owes', ['financial'], [], false],
    ['the freelancer owes, who funds nothing', [], ['financial'], true],
    ['either is under a safety hold', [], ['safety'], false],
    ['what stands is of another kind', ['identity'], ['identity', 'closed'], true],
  ] as const)('%s', (_, client, freelancer, goesOn) => {
    const resumed = resume(paused, parties([...client], [...freelancer]), later);
    expect(resumed !== undefined).toBe(goesOn);
    if (resumed) expect(evolve(paused, resumed)).toEqual(active);
  });

  test('only one that is paused', () => {
    for (const agreement of [active, closing])
      expect(resume(agreement, parties([], []), later)).toBeUndefined();
  });
});
