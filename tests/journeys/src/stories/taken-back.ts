import { approveRefund, endAgreement, moneyOf, release } from '../agreement.ts';
import type { Json } from '../marketplace.ts';
import { accepting, offering, opening, type Story, waiting } from './acts.ts';

export const endedAndRefunded: Story = {
  title: 'The contract is ended, and what was not earned goes back',
  acts: [
    ...opening(),
    offering('offers an app for $400', [40_000n]),
    accepting,
    {
      who: 'client',
      does: 'ends the contract, pays $100 of milestone 1 and asks $300 back (E-13)',
      act: async ({ agreement }) => {
        const { milestoneId } = agreement!.milestones[0]!;
        await endAgreement(agreement!, [{ milestoneId, payMinor: 10_000n }]);
      },
    },
    {
      who: 'freelancer',
      does: 'agrees: the card is refunded, and the contract ended (E-14, E-15, A-19)',
      act: async ({ agreement }) => {
        const { refundRequests } = await moneyOf(agreement!);
        for (const { refundRequestId } of refundRequests as Json[])
          await approveRefund(agreement!, refundRequestId);
      },
    },
  ],
};

export const chargebackLost: Story = {
  title: 'A chargeback is lost: pay that is not protected is taken back',
  acts: [
    ...opening(),
    offering('offers a poster for $200', [20_000n]),
    accepting,
    {
      who: 'client',
      does: 'pays it and a bonus of $100 beside it (E-10)',
      act: async ({ agreement }) => {
        await release(agreement!, 0, undefined, { bonusMinor: 10_000n });
      },
    },
    waiting('2 days pass; all of it is still pending (B-3)', 'P2D'),
    {
      who: 'bank',
      does: 'of the client takes the bonus and a fee back: the pay is held until it is decided (P-11, B-5)',
      act: async (scene) => {
        const { bonuses } = await moneyOf(scene.agreement!);
        scene.disputeId = await scene.market.dispute(bonuses[0].funding.fundingId);
      },
    },
    {
      who: 'bank',
      does: 'decides for the client: a bonus is not protected, so it is taken back from the balance (P-10, P-11)',
      act: async ({ market, disputeId }) => {
        await market.decideDispute(disputeId!, 'lost');
      },
    },
  ],
};
