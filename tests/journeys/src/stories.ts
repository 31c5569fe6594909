import {
  type Agreement,
  accept,
  addCard,
  fund,
  openAccounts,
  release,
  requestChanges,
  sendOffer,
  submit,
  untilStatus,
} from './agreement.ts';
import type { Marketplace, Person } from './marketplace.ts';
import { addBankAccount, clearForWithdrawals, settleCard, withdraw } from './withdrawals.ts';

/** One act of a person, or of time, in a story that `npm start` shows. */
export interface Act {
  who: 'client' | 'freelancer' | 'operator' | 'time';
  does: string;
  act: (scene: Scene) => Promise<void>;
}

export interface Story {
  title: string;
  acts: readonly Act[];
}

/** What the acts of a story share. */
export interface Scene {
  market: Marketplace;
  client: Person;
  freelancer: Person;
  agreement?: Agreement;
  submissionId?: string;
  methodId?: string;
  offer?: Awaited<ReturnType<typeof sendOffer>>;
}

const opening = (card = 'pm_card_visa'): Act[] => [
  {
    who: 'client',
    does: 'opens an account, as the freelancer does, and adds a card',
    act: async ({ client, freelancer }) => {
      await openAccounts(client, freelancer);
      await addCard(client, card);
    },
  },
];

const offering = (does: string, milestones: readonly bigint[]): Act => ({
  who: 'client',
  does,
  act: async (scene) => {
    const { client, freelancer } = scene;
    scene.offer = await sendOffer(client, freelancer, {
      milestones: milestones.map((amountMinor) => ({ amountMinor })),
    });
  },
});

const accepting: Act = {
  who: 'freelancer',
  does: 'accepts; the first milestone is charged at once (E-3)',
  act: async (scene) => {
    scene.agreement = await accept(scene.offer!);
  },
};

const submitting = (index: number): Act => ({
  who: 'freelancer',
  does: `submits milestone ${index + 1}, which asks for payment (E-4)`,
  act: async (scene) => {
    scene.submissionId = (await submit(scene.agreement!, index)).submissionId;
    await untilStatus(scene.agreement!, index, 'submitted');
  },
});

const waiting = (does: string, by: string): Act => ({
  who: 'time',
  does,
  act: async ({ market }) => {
    await market.advance({ by });
  },
});

/** How the money leaves: cash from the card provider to the bank, then from the bank to the freelancer. */
const outToTheBank: Story = {
  title: 'Out to the bank: the cash first, then a withdrawal',
  acts: [
    ...opening(),
    offering('offers a catalogue for $500', [50_000n]),
    accepting,
    {
      who: 'client',
      does: 'pays at once, unasked (E-7)',
      act: async ({ agreement }) => {
        await release(agreement!, 0);
      },
    },
    {
      who: 'operator',
      does: 'records a verified identity and a tax form (S-3, P-13)',
      act: async ({ market, freelancer }) => clearForWithdrawals(market, freelancer),
    },
    {
      who: 'freelancer',
      does: 'adds a US bank account; it cools off for three days (W-1)',
      act: async (scene) => {
        scene.methodId = (await addBankAccount(scene.freelancer)).methodId;
      },
    },
    {
      who: 'operator',
      does: 'has the card provider pay $525 out to the bank (M-23)',
      act: async ({ market }) => {
        await settleCard(market, 52_500n);
      },
    },
    waiting('120 hours pass: the cash is in the bank, the account is usable, the hold ends', 'PT120H'),
    {
      who: 'freelancer',
      does: 'withdraws $450 by ACH (W-4, W-5)',
      act: async ({ freelancer, methodId }) => {
        await withdraw(freelancer, methodId!, 45_000n);
      },
    },
    waiting('5 days pass: sent at the cut-off, and the bank pays (W-9)', 'P5D'),
  ],
};

/** The journeys of `npm start`. */
export const stories: readonly Story[] = [
  {
    title: 'A thousand dollars, approved',
    acts: [
      ...opening(),
      offering('offers a website for $1,000', [100_000n]),
      accepting,
      submitting(0),
      {
        who: 'client',
        does: 'approves that submission: the money is released (E-6, E-7)',
        act: async ({ agreement, submissionId }) => {
          await release(agreement!, 0, submissionId);
        },
      },
      waiting('120 hours pass; the hold ends (B-3)', 'PT120H'),
    ],
  },
  {
    title: 'Two milestones: changes are asked for, then silence pays',
    acts: [
      ...opening(),
      offering('offers a shop in two parts, $300 and $700', [30_000n, 70_000n]),
      accepting,
      submitting(0),
      {
        who: 'client',
        does: 'asks for changes, which stops the review (E-6)',
        act: async ({ agreement, submissionId }) => {
          await requestChanges(agreement!, 0, submissionId!);
        },
      },
      submitting(0),
      waiting('14 days pass without a word: silence releases milestone 1 (E-5)', 'P14D'),
      {
        who: 'client',
        does: 'funds milestone 2, one at a time (E-2)',
        act: async ({ agreement }) => {
          await fund(agreement!, 1);
          await untilStatus(agreement!, 1, 'funded');
        },
      },
      {
        who: 'client',
        does: 'releases milestone 2 unasked (E-7)',
        act: async ({ agreement }) => {
          await release(agreement!, 1);
        },
      },
    ],
  },
  {
    title: 'A card is declined, another one pays',
    acts: [
      ...opening('pm_card_visa_chargeDeclined'),
      offering('offers a logo for $250', [25_000n]),
      accepting,
      {
        who: 'client',
        does: 'learns that the charge failed, adds another card and funds again',
        act: async ({ client, agreement }) => {
          await untilStatus(agreement!, 0, 'agreed');
          const billingMethodId = await addCard(client);
          const { milestoneId } = agreement!.milestones[0]!;
          await client.post('escrow', `/v1/milestones/${milestoneId}/fund`, { version: 1, billingMethodId });
          await untilStatus(agreement!, 0, 'funded');
        },
      },
      submitting(0),
      {
        who: 'client',
        does: 'approves',
        act: async ({ agreement, submissionId }) => {
          await release(agreement!, 0, submissionId);
        },
      },
    ],
  },
  outToTheBank,
];

/** A fresh pair of people for a story. */
export const newScene = (market: Marketplace): Scene => ({
  market,
  client: market.newPerson('client', ['client']),
  freelancer: market.newPerson('freelancer', ['freelancer']),
});
