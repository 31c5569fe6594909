import { z } from 'zod';
import { type EventDefinition, Id, Instant, WireMoney } from '../catalogue.ts';
import { OpenItemKind } from './words.ts';

const dormancy = z.object({
  agreementId: Id,
  step: z.enum(['client_asked', 'freelancer_asked', 'release_requested']),
  balance: WireMoney,
  dueAt: Instant,
});

/** What of a whole contract is over, and when nobody acts. */
export const contractEvents = {
  'escrow.deadline.moved': {
    version: 1,
    key: 'agreementId',
    subject: 'deadlineId',
    summary:
      'A deadline that takes money by silence falls due later: its second notice was late, or it stood still ' +
      '(C-8, E-16).',
    data: z.object({
      agreementId: Id,
      deadlineKind: z.enum(['refund.silence', 'dormancy.step']),
      deadlineId: Id,
      dueAt: Instant,
      /** `unfrozen`: it stood still while money of it was frozen (E-16). */
      reason: z.enum(['notice_not_proven', 'unfrozen']),
    }),
  },
  'escrow.deadline.suspended': {
    version: 1,
    key: 'agreementId',
    subject: 'deadlineId',
    summary:
      'A deadline that takes money by silence stands still: its money is frozen, or a notice of it was not proven ' +
      '(C-8, E-16).',
    data: z.object({
      agreementId: Id,
      deadlineKind: z.enum(['refund.silence', 'dormancy.step']),
      deadlineId: Id,
      /** The time that was left; nothing where it had come to its end unproven. */
      leftMs: z.int().min(0).max(315_360_000_000),
      reason: z.enum(['frozen', 'notice_not_proven', 'notice_bounced']),
    }),
  },
  'escrow.dormancy.announced': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary:
      'Nothing has happened for long: unless somebody acts the money is dormant from `dueAt` on (E-20).',
    data: dormancy.omit({ step: true }),
  },
  'escrow.dormancy.started': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary:
      'Nothing happened for `dormant.days`: the client is asked what shall become of the money (E-20).',
    data: dormancy,
  },
  'escrow.dormancy.release_requested': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'The freelancer asks for the dormant money; silence grants it at `dueAt` (E-20).',
    data: dormancy,
  },
  'escrow.dormancy.cancelled': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Something happened again, or nothing is held any more: the days start anew (E-20).',
    data: z.object({ agreementId: Id, reason: z.enum(['activity', 'refused', 'settled']) }),
  },
  'escrow.contract.cleared': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Nothing is held or open any more: the contract may end (A-19).',
    data: z.object({ agreementId: Id, clearedAt: Instant }),
  },
  'escrow.contract.clearing_refused': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Something is open: with money held the client is asked to end by naming amounts (A-19, E-13).',
    data: z.object({
      agreementId: Id,
      balance: WireMoney,
      openItems: z.array(z.object({ kind: OpenItemKind, id: Id })).max(200),
    }),
  },
} as const satisfies Record<string, EventDefinition>;
