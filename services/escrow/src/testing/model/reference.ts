import { Cases } from './reference/cases.ts';
import type { Terms } from './state.ts';

/**
 * Fixed price money as docs/domain-rules.md tells it, without storage, retries or services: what may happen to the
 * milestones of one contract, and where each cent is afterwards. The real commands are compared with it step by step. Each
 * subject stands on those before it: money comes, is paid or goes back, is taken back by a bank, is
 * forgotten, or is claimed in a case.
 */
export class Reference extends Cases {
  constructor(terms: Terms, prices: readonly bigint[]) {
    super(terms, prices);
    this.fund(0, 1);
  }
}
