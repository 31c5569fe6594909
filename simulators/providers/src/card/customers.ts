import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { missing } from './errors.ts';
import { type Customer, customers } from './model.ts';
import { metadata, text } from './params.ts';
import { customerObject } from './render.ts';

export const CreateCustomer = z.strictObject({
  email: text.optional(),
  name: text.optional(),
  description: text.optional(),
  metadata: metadata.default({}),
});

export function createCustomer({ tx, atMs }: Step, given: z.output<typeof CreateCustomer>): Answer {
  const customer: Customer = {
    id: tx.newId('cus'),
    createdAtMs: atMs,
    email: given.email ?? null,
    name: given.name ?? null,
    description: given.description ?? null,
    metadata: given.metadata,
  };
  tx.put(customers, customer.id, customer);
  return { status: 200, body: customerObject(customer) };
}

export function readCustomer({ tx }: Step, id: string): Answer {
  const customer = tx.get(customers, id);
  if (!customer) throw missing('customer', id);
  return { status: 200, body: customerObject(customer) };
}
