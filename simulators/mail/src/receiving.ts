import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import type { Config } from './config.ts';
import type { Faults } from './faults.ts';
import type { Mailbox } from './mailbox.ts';
import { readMail } from './message.ts';

/** What a mail may have at most; ours are a few kilobytes. */
const mailBytesMax = 1024 * 1024;

const refusal = (responseCode: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode });

const recipientsOf = ({ envelope }: SMTPServerSession): string[] =>
  envelope.rcptTo.map(({ address }) => address.toLowerCase());

/** The receiving mail server: real SMTP, with credentials, and faults where a session would meet them. */
export function receivingServer(
  { user, password }: Pick<Config, 'user' | 'password'>,
  mailbox: Mailbox,
  faults: Faults,
): SMTPServer {
  const server = new SMTPServer({
    // The wire is this computer's own; what a production needs is tested against a server without TLS.
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN'],
    disableReverseLookup: true,
    size: mailBytesMax,
    logger: false,
    closeTimeout: 500,
    onAuth: (auth, _session, callback) => {
      const isRight = auth.username === user && auth.password === password;
      return isRight ? callback(null, { user }) : callback(refusal(535, 'wrong credentials'));
    },
    onRcptTo: ({ address }, _session, callback) => {
      const to = [address.toLowerCase()];
      if (faults.fires('refuse-recipient', to)) return callback(refusal(550, '5.1.1 no such mailbox'));
      if (faults.fires('temporary-failure', to)) return callback(refusal(451, '4.3.0 try again later'));
      callback();
    },
    onData: (stream, session, callback) => {
      void take(server, mailbox, faults, { session, raw: buffer(stream) }).then(
        (answers) => answers && callback(),
        callback,
      );
    },
  });
  // A client that goes away in the middle of a session is no defect of the server.
  server.on('error', () => undefined);
  return server;
}

/** @returns whether the sender is told that its mail was taken */
async function take(
  server: SMTPServer,
  mailbox: Mailbox,
  faults: Faults,
  { session, raw }: { session: SMTPServerSession; raw: Promise<Buffer> },
): Promise<boolean> {
  const bytes = await raw;
  const to = recipientsOf(session);
  if (faults.fires('refuse-message', to)) throw refusal(554, '5.7.1 not taken');
  if (faults.fires('no-answer', to)) return false;
  const from = session.envelope.mailFrom;
  mailbox.keep(readMail(bytes, { to, from: from ? from.address : '' }, new Date()));
  if (!faults.fires('drop-after-data', to)) return true;
  for (const connection of server.connections) if (connection.id === session.id) connection._socket.destroy();
  return false;
}
