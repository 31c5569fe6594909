import { type Client, run } from '@holdfast/messaging';

/**
 * What a service can prove of its own tables beside its ledger and its outbox (AD-17). Both texts are plain selects,
 * without parameters, order or limit; they read whole tables, in the snapshot of the proof.
 */
export interface OwnProof {
  /** As in a line of the proof: `<noun>.<what they do>`. */
  name: string;
  rule: string;
  /** One row: how many were looked at, a column for each figure. */
  figures: string;
  /** A row for each one that is wrong: its `id` and, in words and amounts, `what`. */
  wrong: string;
}

export async function proveOwn(client: Client, { figures, wrong }: OwnProof, limit: number) {
  const [looked] = await run<Record<string, bigint | string>>(client, figures);
  const found = await run<{ id: string; what: string; total: bigint }>(
    client,
    `select id::text, what, count(*) over () as total from (${wrong}) as wrong order by id fetch first $1 rows only`,
    [limit],
  );
  return {
    figures: Object.fromEntries(Object.entries(looked!).map(([name, figure]) => [name, BigInt(figure)])),
    findings: found.map(({ id, what }) => ({ id, what })),
    total: Number(found[0]?.total ?? 0n),
  };
}
