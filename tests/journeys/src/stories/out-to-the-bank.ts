import { release } from '../agreement.ts';
import { settleCard } from '../treasury.ts';
import { addBankAccount, clearForWithdrawals, withdraw } from '../withdrawals.ts';
import { accepting, offering, opening, type Story, waiting } from './acts.ts';

/** How the money leaves: cash from the card provider to the bank, then from the bank to the freelancer. */
export const outToTheBank: Story = {
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
