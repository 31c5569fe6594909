import { setTimeout as pause } from 'node:timers/promises';
import type { Collection } from './collection.ts';
import type { Evidence } from './evidence.ts';
import { type Check, checkOf, count, dollars, Findings } from './findings.ts';
import type { TransferItem } from './wire.ts';

/** A transfer that is posted on both sides adds up to nothing. */
interface Unmatched {
  transferId: string;
  currency: string;
  sides: string;
}

/** Two ledgers are not read at once, so what moves meanwhile differs for a look or two. */
const looksMax = 8;
const pauseMs = 250;

/** M-2, M-22: what one ledger has on clearing stands in the other's mirror account, transfer by transfer. */
export async function clearingMirrors(
  collection: Collection,
  evidence: Evidence,
  underWay: Findings,
): Promise<Check> {
  const wrong = new Findings();
  let open = unmatched(collection);
  for (let look = 1; open.length > 0 && look <= looksMax; look += 1) {
    if (look > 1) await pause(pauseMs);
    open = await lookAgain(collection, open);
    if (open.length > 0) await evidence.refresh();
    const unexplained: Unmatched[] = [];
    for (const transfer of open) {
      const reason = await evidence.ofTransfer(transfer.transferId);
      if (reason) underWay.add(transfer.transferId, `transfer: ${reason}`);
      else unexplained.push(transfer);
    }
    open = unexplained;
  }
  for (const { transferId, sides } of open) wrong.add(transferId, `transfer: ${sides}`);
  const { transfers } = collection.store.one<{ transfers: bigint }>(
    'select count(distinct transfer_id) as transfers from transfers',
  );
  const totals = collection.store.all<{ service: string; amount: bigint }>(
    'select service, sum(amount) as amount from transfers group by service order by service',
  );
  const sides = totals.map(({ service, amount }) => `${service} ${dollars(amount < 0n ? -amount : amount)}`);
  const figure = [count(transfers, 'transfer'), ...sides].join(', ');
  return checkOf('clearing.mirrors', 'M-2', figure, wrong, { transfers });
}

function unmatched({ store }: Collection): Unmatched[] {
  return store.all<Unmatched>(
    `select transfer_id as "transferId", currency,
        group_concat(service || ' ' || amount || ' (journal ' || journals || ')', ', ') as sides
      from transfers group by transfer_id, currency having sum(amount) <> 0`,
  );
}

/** Both sides as they are now; the two are still not read at once, hence the next look. */
async function lookAgain(collection: Collection, transfers: readonly Unmatched[]): Promise<Unmatched[]> {
  const ids = transfers.map(({ transferId }) => transferId);
  for (const id of ids) collection.store.run('delete from transfers where transfer_id = ?', id);
  for (const service of collection.ledgers) {
    const items = await collection.sources.get(service)!.lookUp<TransferItem>('transfers', ids);
    for (const item of items) collection.addTransfer(service, item);
  }
  const asked = new Set(ids);
  return unmatched(collection).filter(({ transferId }) => asked.has(transferId));
}
