import type { Category, Facts, Template } from '../domain/notice.ts';
import { accountTexts } from './account.ts';
import type { Text } from './format.ts';
import { offerTexts } from './offers.ts';
import { refundTexts } from './refunds.ts';
import { workTexts } from './work.ts';

const texts: { readonly [Name in Template]: (facts: Facts) => Text } = {
  ...offerTexts,
  ...workTexts,
  ...refundTexts,
  ...accountTexts,
};

export const textOf = (template: Template, facts: Facts): Text => texts[template](facts);

export type Rendered = Readonly<{ subject: string; text: string; html: string }>;

/** What stands under a mail that may be refused (C-4), and under one that may not. */
const footers: Readonly<Record<Category, string>> = {
  money: 'You get this mail because it is about your money.',
  deadline: 'You get this mail because a deadline concerns you.',
  account: 'You get this mail because it is about your account.',
  news: 'You get this mail because you take news about your contracts by mail.',
};

/**
 * A notice as a mail. Everything that is inserted is escaped, whatever it is.
 * @param unsubscribeUrl only where the category may be refused
 */
export function render(
  { template, facts, category }: { template: Template; facts: Facts; category: Category },
  { linkBase, unsubscribeUrl }: { linkBase: string; unsubscribeUrl?: string },
): Rendered {
  const { subject, paragraphs, action } = textOf(template, facts);
  const url = action && linkBase.replace(/\/$/, '') + action.path;
  const footer = footers[category];
  const text = [
    ...paragraphs,
    ...(action ? [`${action.label}: ${url}`] : []),
    `--\n${footer}${unsubscribeUrl ? `\nNo more news by mail: ${unsubscribeUrl}` : ''}`,
  ].join('\n\n');
  const link = (href: string, label: string): string => `<a href="${escaped(href)}">${escaped(label)}</a>`;
  const html = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<title>${escaped(subject)}</title></head><body>`,
    ...paragraphs.map((paragraph) => `<p>${escaped(paragraph)}</p>`),
    ...(action && url ? [`<p>${link(url, action.label)}</p>`] : []),
    `<hr><p><small>${escaped(footer)}`,
    ...(unsubscribeUrl ? [` ${link(unsubscribeUrl, 'No more news by mail')}`] : []),
    '</small></p></body></html>',
  ].join('\n');
  return { subject, text: `${text}\n`, html };
}

const signs: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => signs[sign]!);
