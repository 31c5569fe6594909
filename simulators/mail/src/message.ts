/** A mail as its reader sees it, and as it came over the wire. */
export interface ReceivedMail {
  receivedAt: string;
  /** Of the envelope, in small letters. */
  to: string[];
  from: string;
  messageId: string;
  subject: string;
  /** By their names in small letters. */
  headers: Record<string, string>;
  text: string;
  html: string;
  raw: string;
}

type Part = Readonly<{ headers: Record<string, string>; body: string }>;

/** Reads what our own mails consist of: plain parts, or parts of a multipart, in any of the usual encodings. */
export function readMail(
  raw: Buffer,
  envelope: Readonly<{ to: readonly string[]; from: string }>,
  receivedAt: Date,
): ReceivedMail {
  const whole = partOf(raw.toString('latin1'));
  const parts = leavesOf(whole);
  const contentOf = (type: string): string => {
    const part = parts.find(({ headers }) => (headers['content-type'] ?? 'text/plain').startsWith(type));
    return part ? decoded(part) : '';
  };
  return {
    receivedAt: receivedAt.toISOString(),
    to: envelope.to.map((address) => address.toLowerCase()),
    from: envelope.from,
    messageId: whole.headers['message-id'] ?? '',
    subject: whole.headers.subject ?? '',
    headers: whole.headers,
    text: contentOf('text/plain'),
    html: contentOf('text/html'),
    raw: raw.toString('latin1'),
  };
}

function partOf(text: string): Part {
  const end = text.indexOf('\r\n\r\n');
  const head = end < 0 ? text : text.slice(0, end);
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { headers, body: end < 0 ? '' : text.slice(end + 4) };
}

function leavesOf(part: Part): Part[] {
  const boundary = /^multipart\/.*boundary="?([^";]+)"?/i.exec(part.headers['content-type'] ?? '')?.[1];
  if (boundary === undefined) return [part];
  return `\r\n${part.body}`
    .split(`\r\n--${boundary}`)
    .slice(1)
    .filter((piece) => !piece.startsWith('--'))
    .flatMap((piece) => leavesOf(partOf(piece.replace(/^[ \t]*\r\n/, ''))));
}

function decoded({ headers, body }: Part): string {
  switch (headers['content-transfer-encoding']?.toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString('utf8');
    case 'quoted-printable':
      return Buffer.from(
        body
          .replace(/=\r\n/g, '')
          .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString('utf8');
    default:
      return Buffer.from(body, 'latin1').toString('utf8');
  }
}
