import type { ReceivedMail } from './message.ts';

/** A sandbox of months; the oldest are forgotten first. */
const keptMax = 20_000;

/** Every mail that was taken, in the order of arrival; gone when the simulator stops. */
export class Mailbox {
  #mails: ReceivedMail[] = [];

  keep(mail: ReceivedMail): void {
    this.#mails.push(mail);
    if (this.#mails.length > keptMax) this.#mails = this.#mails.slice(-keptMax);
  }

  find({ to, messageId }: Readonly<{ to?: string; messageId?: string }>): ReceivedMail[] {
    return this.#mails.filter(
      (mail) =>
        (to === undefined || mail.to.includes(to.toLowerCase())) &&
        (messageId === undefined || mail.messageId === messageId),
    );
  }
}
