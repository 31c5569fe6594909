import type { ReceivedMail } from './message.ts';

const shownMax = 200;

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** What was received, newest first, for whoever plays with the system on this computer. */
export function mailboxPage(mails: readonly ReceivedMail[]): string {
  const items = mails
    .slice(-shownMax)
    .reverse()
    .map(
      ({ receivedAt, to, subject, text }) =>
        `<details><summary>${escaped(receivedAt.slice(0, 19))} <b>${escaped(subject)}</b> to ` +
        `${escaped(to.join(', '))}</summary><pre>${escaped(text)}</pre></details>`,
    );
  return (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Received mails</title>' +
    `<h1>Received mails</h1><p>${mails.length} in all.</p>${items.join('\n')}</html>`
  );
}
