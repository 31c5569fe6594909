import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WallClock } from '@holdfast/messaging';
import { ReceiveNotice, ReceiveNoticeHandler } from '@holdfast/providers';
import type { CommandBus } from '@nestjs/cqrs';
import type { EscrowConfig } from '../config.ts';
import type { PaypalSignature } from '../providers/paypal-signature.ts';
import { WebhookController } from '../webhook.controller.ts';
import type { Escrow } from './escrow.ts';

/** The service's own webhook over HTTP, raw bytes and signature included, for the simulator to call. */
export class WebhookReceiver {
  readonly #server: Server;

  constructor(escrow: () => Escrow) {
    const execute = (command: ReceiveNotice) =>
      new ReceiveNoticeHandler(escrow().database.unitOfWork).execute(command);
    const config = { CARD_WEBHOOK_SECRETS: ['whsec_test_secret'] } as EscrowConfig;
    const controller = new WebhookController({ execute } as unknown as CommandBus, new WallClock(), config, {
      holds: async () => false,
    } as unknown as PaypalSignature);
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const signature = request.headers['stripe-signature'];
      const answered = controller.card(Buffer.concat(chunks), String(signature));
      const status = await answered.then(() => 200).catch(() => 500);
      response.writeHead(status).end();
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
