import {
  type Agreement,
  accept,
  addCard,
  openAccounts,
  release,
  requestChanges,
  sendOffer,
  submit,
  untilStatus,
} from '../agreement.ts';
import type { Marketplace, Person } from '../marketplace.ts';

/** One act of a person, or of time, in a story that `npm start` shows. */
export interface Act {
  who: 'client' | 'freelancer' | 'operator' | 'bank' | 'time';
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
  disputeId?: string;
  offer?: Awaited<ReturnType<typeof sendOffer>>;
}

export const opening = (card = 'pm_card_visa'): Act[] => [
  {
    who: 'client',
    does: 'opens an account, as the freelancer does, and adds a card',
    act: async ({ client, freelancer }) => {
      await openAccounts(client, freelancer);
      await addCard(client, card);
    },
  },
];

export const offering = (does: string, milestones: readonly bigint[]): Act => ({
  who: 'client',
  does,
  act: async (scene) => {
    const { client, freelancer } = scene;
    scene.offer = await sendOffer(client, freelancer, {
      milestones: milestones.map((amountMinor) => ({ amountMinor })),
    });
  },
});

export const accepting: Act = {
  who: 'freelancer',
  does: 'accepts; the first milestone is charged at once (E-3)',
  act: async (scene) => {
    scene.agreement = await accept(scene.offer!);
  },
};

export const submitting = (index: number): Act => ({
  who: 'freelancer',
  does: `submits milestone ${index + 1}, which asks for payment (E-4)`,
  act: async (scene) => {
    scene.submissionId = (await submit(scene.agreement!, index)).submissionId;
    await untilStatus(scene.agreement!, index, 'submitted');
  },
});

export const waiting = (does: string, by: string): Act => ({
  who: 'time',
  does,
  act: async ({ market }) => {
    await market.advance({ by });
  },
});

/** The client's answer to what was submitted last; it stops the review (E-6). */
export const askingForChanges = (index: number): Act => ({
  who: 'client',
  does: 'asks for changes, which stops the review (E-6)',
  act: async ({ agreement, submissionId }) => {
    await requestChanges(agreement!, index, submissionId!);
  },
});

export const approving = (index: number): Act => ({
  who: 'client',
  does: 'approves that submission: the money is released (E-6, E-7)',
  act: async ({ agreement, submissionId }) => {
    await release(agreement!, index, submissionId);
  },
});

/** A fresh pair of people for a story. */
export const newScene = (market: Marketplace): Scene => ({
  market,
  client: market.newPerson('client', ['client']),
  freelancer: market.newPerson('freelancer', ['freelancer']),
});
