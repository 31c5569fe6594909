import { spanOf } from '@holdfast/messaging';
import { context, SpanKind } from '@opentelemetry/api';
import { createTransport, type SMTPPoolOptions, type Transporter } from 'nodemailer';
import CircuitBreaker from 'opossum';
import { z } from 'zod';
import type { ProviderBreakers } from './breakers.ts';

/** What a service reads that sends mail (C-7). Another mail server is another host and other credentials. */
export const MailConfig = z.object({
  MAIL_HOST: z.string().min(1),
  MAIL_PORT: z.coerce.number().int().min(1).max(65_535),
  /** `none` only outside of production: addresses and credentials would cross the wire as they are. */
  MAIL_TLS: z.enum(['implicit', 'starttls', 'none']).default('starttls'),
  MAIL_USER: z.string().min(1),
  MAIL_PASSWORD: z.string().min(8),
  /** Sender of every mail: an address, or `Name <address>`. */
  MAIL_FROM: z
    .string()
    .max(320)
    .regex(/^(?:[^<>\r\n"]{1,64} <[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/),
});
export type MailConfig = z.output<typeof MailConfig>;

/** One mail to one person. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  html: string;
  /** Without brackets, the same at every try: whoever gets it twice knows it for one. */
  messageId: string;
  headers?: Readonly<Record<string, string>>;
}

/** What became of a mail at the receiving server. Only the first two are facts. */
export type MailOutcome =
  | { status: 'accepted' }
  /** A permanent answer about this recipient or this mail. */
  | { status: 'refused' }
  /** No answer, a passing one, or one about us: the same mail again later. */
  | { status: 'unanswered' };

/** A mail server answers within seconds, or is tried again. */
const timeouts = {
  connectionTimeout: 5_000,
  greetingTimeout: 5_000,
  dnsTimeout: 5_000,
  socketTimeout: 15_000,
};
/** A server that trickles its answers keeps every timeout above from firing. */
const wholeMs = 30_000;
/** Of the last minute at least 20 mails count before more than half of them failing opens it. */
const breakerSettings = {
  timeout: wholeMs + 1_000,
  volumeThreshold: 20,
  errorThresholdPercentage: 50,
  resetTimeout: 5_000,
  rollingCountTimeout: 60_000,
  rollingCountBuckets: 12,
} as const;

export type MailTimeouts = { [Name in keyof typeof timeouts]: number };

/** Thrown inside the breaker so that it counts. It says nothing of the mail: errors of SMTP repeat the address. */
class Unanswered extends Error {}

/** The port to SMTP: one pool of connections, one try per mail; the owner of the retry is the worker (AD-20). */
export class Mailer implements ProviderBreakers {
  readonly provider = 'mail';
  readonly #transport: Transporter;
  readonly #from: string;
  readonly #breaker: CircuitBreaker<[Mail], MailOutcome>;

  constructor(config: MailConfig, limits: Partial<MailTimeouts> = {}) {
    const { MAIL_HOST: host, MAIL_PORT: port, MAIL_TLS: tls, MAIL_USER: user, MAIL_PASSWORD: pass } = config;
    const options: SMTPPoolOptions & { pool: true } = {
      pool: true,
      host,
      port,
      secure: tls === 'implicit',
      requireTLS: tls === 'starttls',
      ignoreTLS: tls === 'none',
      auth: { user, pass },
      maxConnections: 8,
      maxMessages: 100,
      // A connection that broke may have delivered: the worker decides whether it is tried again.
      maxRequeues: 0,
      disableFileAccess: true,
      disableUrlAccess: true,
      ...timeouts,
      ...limits,
    };
    this.#transport = createTransport(options) as Transporter;
    this.#from = config.MAIL_FROM;
    this.#breaker = new CircuitBreaker((mail: Mail) => this.#deliver(mail), {
      ...breakerSettings,
      name: 'mail send',
      enableSnapshots: false,
      rollingPercentilesEnabled: false,
    });
  }

  get breakers(): ProviderBreakers['breakers'] {
    return new Map([['send', this.#breaker]]);
  }

  send(mail: Mail): Promise<MailOutcome> {
    const attributes = { 'holdfast.provider': 'mail', 'holdfast.operation': 'send' };
    return spanOf(
      'mail send',
      SpanKind.CLIENT,
      context.active(),
      () => this.#breaker.fire(mail).catch((): MailOutcome => ({ status: 'unanswered' })),
      attributes,
    );
  }

  close(): void {
    this.#breaker.shutdown();
    this.#transport.close();
  }

  async #deliver({ messageId, headers, ...mail }: Mail): Promise<MailOutcome> {
    try {
      await this.#transport.sendMail({
        ...mail,
        from: this.#from,
        messageId: `<${messageId}>`,
        // A machine writes: no out-of-office reply, please (RFC 3834).
        headers: { 'Auto-Submitted': 'auto-generated', ...headers },
        signal: AbortSignal.timeout(wholeMs),
      });
      return { status: 'accepted' };
    } catch (error) {
      if (isRefusal(error as SmtpError)) return { status: 'refused' };
      throw new Unanswered('no answer of the mail server');
    }
  }
}

interface SmtpError {
  responseCode?: number;
  command?: string;
}

/** 503 is about the session; what is refused at login or at MAIL FROM is about us and not about the recipient. */
const isRefusal = ({ responseCode = 0, command = '' }: SmtpError): boolean =>
  responseCode >= 500 && responseCode < 600 && responseCode !== 503 && /^(RCPT TO|DATA)/.test(command);
