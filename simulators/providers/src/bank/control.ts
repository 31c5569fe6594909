import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Impossible, type Simulation } from '../simulation.ts';

const minor = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt)
  .refine((amount) => amount > 0n);

const Charge = z.strictObject({ amount: minor });

const Transfer = z.strictObject({
  reference: z.string().min(1).max(180),
  direction: z.enum(['in', 'out']),
  amount: minor,
});

/**
 * What the owner of the account does at the bank, on the control port: money between this account and another one. And
 * what the bank takes for its work.
 */
export function addBankControl(app: FastifyInstance, { store, book, clock }: Simulation): void {
  app.post('/__sim/bank-charges', async (request, reply) => {
    const { amount } = Charge.parse(request.body);
    const id = store.transact((tx) => {
      const line = tx.newId('txn');
      book.enter(tx, {
        kind: 'processing_fee',
        provider: 'bank',
        id: line,
        parentId: line,
        amountMinor: amount,
        currency: 'USD',
        metadata: {},
        reference: line,
        idempotencyKey: null,
        atMs: clock.nowMs(),
      });
      return line;
    });
    await store.flushed();
    return reply.code(201).send({ id });
  });
  app.post('/__sim/transfers', async (request, reply) => {
    const { reference, direction, amount } = Transfer.parse(request.body);
    if (book.entries('bank', reference).length > 0)
      throw new Impossible(`"${reference}" was executed before`);
    if (direction === 'out' && (book.balances('bank').get('USD') ?? 0n) < amount) {
      throw new Impossible('the account holds less');
    }
    const entry = store.transact((tx) => {
      const moved = {
        kind: direction === 'in' ? 'transfer_in' : 'transfer_out',
        provider: 'bank',
        id: tx.newId('xfer'),
        parentId: reference,
        amountMinor: amount,
        currency: 'USD',
        metadata: {},
        reference,
        idempotencyKey: null,
        atMs: clock.nowMs(),
      } as const;
      book.enter(tx, moved);
      return moved;
    });
    await store.flushed();
    return reply.code(201).send({ id: entry.id, kind: entry.kind, reference });
  });
}
