import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Answer,
  Marketplace,
  Person,
  type Role,
  type Service,
  type SystemUrls,
} from '@holdfast/journeys';

export interface Answered {
  accountId: string;
  service: Service;
  method: 'POST' | 'PUT';
  path: string;
  key: string;
  answer: Answer;
}

/** Every answer to a command, in the order of arrival: what must be found in the state (I11). */
export class AnswerJournal {
  readonly entries: Answered[] = [];

  get successes(): Answered[] {
    return this.entries.filter(({ answer }) => answer.status < 300);
  }
}

type Options = { body?: unknown; key?: string };
type Method = 'GET' | 'POST' | 'PUT';

/** A killed broker is back within 15 s, its consumers within 10 s more; a busy machine doubles it. */
const patienceMs = 60_000;

/**
 * Repeats a request with the same key until it is answered: whoever gets no answer, or "not now", cannot know
 * whether the command took effect, and asks again.
 */
export class PatientPerson extends Person {
  readonly #journal: AnswerJournal;

  constructor(id: string, roles: readonly Role[], urls: SystemUrls, journal: AnswerJournal) {
    super(id, roles, urls);
    this.#journal = journal;
  }

  override async request(
    service: Service,
    method: Method,
    path: string,
    options: Options = {},
  ): Promise<Answer> {
    const key = options.key ?? randomUUID();
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      const { last, answer } = await this.#try(service, method, path, { ...options, key });
      if (answer) return answer;
      if (performance.now() > giveUpAt) {
        throw new Error(
          `${this.id}: ${method} ${path} got no answer within ${patienceMs} ms, at last ${last}`,
        );
      }
      await pause(100);
    }
  }

  /**
   * A single try, without patience.
   * @throws Error when the connection breaks before the answer
   */
  async once(
    service: Service,
    method: Method,
    path: string,
    options: Options & { key: string },
  ): Promise<Answer> {
    const answer = await super.request(service, method, path, options);
    if (method !== 'GET' && answer.status < 500 && !answer.headers.has('retry-after')) {
      this.#journal.entries.push({ accountId: this.id, service, method, path, key: options.key, answer });
    }
    return answer;
  }

  async #try(
    service: Service,
    method: Method,
    path: string,
    options: Options & { key: string },
  ): Promise<{ answer?: Answer; last: string }> {
    try {
      const answer = await this.once(service, method, path, options);
      const notNow = answer.status >= 500 || answer.headers.has('retry-after');
      return notNow ? { last: `${answer.status} ${answer.body?.code}` } : { answer, last: '' };
    } catch (error) {
      return { last: (error as Error).message };
    }
  }
}

/** A marketplace whose people are patient and whose answers are kept. */
export class PatientMarketplace extends Marketplace {
  readonly answers = new AnswerJournal();

  override newPerson(name: string, roles: readonly Role[]): PatientPerson {
    return new PatientPerson(`${name}-${randomUUID().slice(0, 13)}`, roles, this.urls, this.answers);
  }
}
