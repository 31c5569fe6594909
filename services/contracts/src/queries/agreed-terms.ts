import { Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { PersonKeyTable, type PersonTexts } from '@holdfast/service';
import type { InferEntity, MikroORM } from '@mikro-orm/postgresql';
import type { MilestoneTexts } from '../domain/amendment.ts';
import {
  AmendmentTable,
  AmendmentTextsTable,
  fromRow,
  MilestoneVersionTable,
} from '../tables/amendment.table.ts';

type Em = ReturnType<MikroORM['em']['fork']>;
type Written = { title: string | null; scope?: string | null };
type Row = InferEntity<typeof AmendmentTable>;

/** What was agreed about each milestone, version by version, and the changes of terms that were proposed. */
export class AgreedTerms {
  readonly #versions: InferEntity<typeof MilestoneVersionTable>[];
  readonly #amendments: Row[];
  readonly #texts: ReadonlyMap<string, readonly MilestoneTexts[] | undefined>;
  readonly #offerTitles: readonly (string | null)[];

  private constructor(
    versions: InferEntity<typeof MilestoneVersionTable>[],
    amendments: Row[],
    texts: ReadonlyMap<string, readonly MilestoneTexts[] | undefined>,
    offerTitles: readonly (string | null)[],
  ) {
    this.#versions = versions;
    this.#amendments = amendments;
    this.#texts = texts;
    this.#offerTitles = offerTitles;
  }

  static async load(
    em: Em,
    texts: PersonTexts,
    { agreementId, offerTitles }: { agreementId: string; offerTitles: readonly (string | null)[] },
  ): Promise<AgreedTerms> {
    const ofIt = { orderBy: { id: 'asc' }, limit: 1_000 } as const;
    const versions = await em.find(MilestoneVersionTable, { agreementId }, ofIt);
    const amendments = await em.find(AmendmentTable, { agreementId }, ofIt);
    const sealed = await em.find(AmendmentTextsTable, { id: { $in: amendments.map(({ id }) => id) } });
    const keys = await em.find(PersonKeyTable, { id: { $in: amendments.map(proposerOf) } });
    const opened = amendments.map((amendment) => {
      const key = keys.find(({ id }) => id === proposerOf(amendment));
      const bytes = sealed.find(({ id }) => id === amendment.id)!.texts;
      const place = `amendment_texts/texts/${amendment.id}`;
      return [amendment.id, texts.open<{ texts: MilestoneTexts[] }>(key, place, bytes)?.texts] as const;
    });
    return new AgreedTerms(versions, amendments, new Map(opened), offerTitles);
  }

  /** The texts that hold now, and every version of the terms; a text that was not changed is that of the version before. */
  of(milestoneId: string): object {
    const versions = this.#versions
      .filter((version) => version.milestoneId === milestoneId)
      .sort((one, other) => one.termsVersion - other.termsVersion);
    let written: Written = { title: null };
    const shown = versions.map((version) => {
      written = this.#written(version, written);
      return {
        version: version.termsVersion,
        ...written,
        price: Money.encode(usd(version.priceMinor)),
        dueDate: version.dueDate,
        ...(version.amendmentId ? { amendmentId: version.amendmentId } : {}),
        agreedAt: Instant.encode(version.agreedAt),
      };
    });
    return { ...written, versions: shown };
  }

  #written({ amendmentId, textIndex }: InferEntity<typeof MilestoneVersionTable>, before: Written): Written {
    if (!amendmentId) return { title: this.#offerTitles[textIndex] ?? null };
    const texts = this.#texts.get(amendmentId);
    if (!texts) return { title: null, scope: null }; // Who wrote them was erased (C-9).
    return { ...before, ...wordsOf(texts[textIndex]) };
  }

  get amendments(): object[] {
    return this.#amendments.map((row) => {
      const amendment = fromRow(row);
      const {
        id: amendmentId,
        by,
        termsVersion: version,
        termsHash,
        proposedAt,
        status,
        changes,
      } = amendment;
      const texts = this.#texts.get(amendmentId);
      return {
        ...{ amendmentId, by, version, termsHash, status, proposedAt: Instant.encode(proposedAt) },
        ...(status === 'proposed' ? { dueAt: Instant.encode(amendment.dueAt) } : {}),
        ...(status === 'lapsed' ? { reason: amendment.reason } : {}),
        changes: changes.map(({ price, ...change }, index) => ({
          ...change,
          price: Money.encode(price),
          ...(texts ? wordsOf(texts[index]) : { title: null, scope: null }),
        })),
      };
    });
  }
}

const proposerOf = ({ proposedBy, clientId, freelancerId }: Row): string =>
  proposedBy === 'client' ? clientId : freelancerId;

const wordsOf = ({ title, scope }: MilestoneTexts = {}) => ({
  ...(title === undefined ? {} : { title }),
  ...(scope === undefined ? {} : { scope }),
});
