import { addCard, fund, release, untilStatus } from '../agreement.ts';
import {
  accepting,
  approving,
  askingForChanges,
  offering,
  opening,
  type Story,
  submitting,
  waiting,
} from './acts.ts';

export const approved: Story = {
  title: 'A thousand dollars, approved',
  acts: [
    ...opening(),
    offering('offers a website for $1,000', [100_000n]),
    accepting,
    submitting(0),
    approving(0),
    waiting('120 hours pass; the hold ends (B-3)', 'PT120H'),
  ],
};

export const releasedBySilence: Story = {
  title: 'The client says nothing, and silence pays',
  acts: [
    ...opening(),
    offering('offers a translation for $300', [30_000n]),
    accepting,
    submitting(0),
    waiting('12 days pass: the client has been told and reminded by mail (C-7)', 'P12D'),
    waiting('2 days more, without a word: silence releases the milestone (E-5)', 'P2D'),
  ],
};

export const revisedTwice: Story = {
  title: 'Revised twice, then approved',
  acts: [
    ...opening(),
    offering('offers a shop in two parts, $300 and $700', [30_000n, 70_000n]),
    accepting,
    submitting(0),
    askingForChanges(0),
    submitting(0),
    askingForChanges(0),
    submitting(0),
    approving(0),
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
};

export const anotherCard: Story = {
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
    approving(0),
  ],
};

export const partAndRest: Story = {
  title: 'A part is released, and the rest pays for the next milestone',
  acts: [
    ...opening(),
    offering('offers two chapters, $500 and $300', [50_000n, 30_000n]),
    accepting,
    submitting(0),
    {
      who: 'client',
      does: 'releases $300 of it; $200 stay on milestone 1 (E-8)',
      act: async ({ agreement, submissionId }) => {
        await release(agreement!, 0, submissionId, { amountMinor: 30_000n });
      },
    },
    {
      who: 'client',
      does: 'funds milestone 2: $200 roll over, and only $100 are charged (E-9)',
      act: async ({ agreement }) => {
        await fund(agreement!, 1);
        await untilStatus(agreement!, 1, 'funded');
      },
    },
    submitting(1),
    approving(1),
  ],
};
