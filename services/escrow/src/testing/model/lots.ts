import { least, share, sum } from './arithmetic.ts';

/**
 * What a charge paid of one milestone and is still held (E-21). `age`: when the charge succeeded; `born`: when the lot came
 * to its milestone.
 */
export type Lot = { chargeId: number; age: number; born: number; held: bigint; fee: bigint };

/**
 * Takes principal and fee from lots, oldest or newest first (E-21). The fee is shared by R-4; a lot that is emptied
 * gives its last fee first.
 * @returns what each lot gave
 */
export function take(lots: Lot[], gross: bigint, fee: bigint, first: 'oldest' | 'newest'): Lot[] {
  const order = [...lots].sort((a, b) => (first === 'oldest' ? a.age - b.age : b.age - a.age));
  let open = gross;
  const gives = order.map((lot) => {
    const held = least(lot.held, open);
    open -= held;
    return { lot, held, fee: 0n };
  });
  let openFee = fee;
  const give = (each: (typeof gives)[number], wanted: bigint): void => {
    const given = least(each.lot.fee - each.fee, least(wanted, openFee));
    each.fee += given;
    openFee -= given;
  };
  const touched = gives.filter(({ held }) => held > 0n);
  for (const each of touched) if (each.lot.held === each.held) give(each, openFee);
  const parts = touched.filter(({ lot, held }) => lot.held > held);
  const weights = parts.map(({ held }) => held);
  if (sum(weights) > 0n) share(openFee, weights).forEach((part, index) => void give(parts[index]!, part));
  for (const each of [...touched, ...gives]) give(each, openFee);
  if (open > 0n || openFee > 0n) throw new Error('The model let more go than its lots hold.');
  for (const { lot, held, fee: given } of gives) {
    lot.held -= held;
    lot.fee -= given;
  }
  return gives
    .filter(({ held, fee: given }) => held > 0n || given > 0n)
    .map(({ lot, held, fee: given }) => ({ ...lot, held, fee: given }));
}
