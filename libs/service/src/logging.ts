import { currentCausality } from '@holdfast/messaging';
import type { LoggerService } from '@nestjs/common';
import { context, trace } from '@opentelemetry/api';
import { destination, pino } from 'pino';
import { textHoldsCardNumber } from './card-number.ts';

/** JSON lines with trace and correlation id. Errors are reduced to name, code and place: never bodies or values. */
export function createLogger(service: string, level: string): LoggerService {
  const logger = pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({
        traceId: trace.getSpanContext(context.active())?.traceId,
        correlationId: currentCausality()?.correlationId,
      }),
      serializers: { err: describe },
    },
    destination({ fd: 1, sync: false }),
  );
  type Method = 'info' | 'error' | 'warn' | 'debug' | 'fatal';
  const write =
    (method: Method) =>
    (message: unknown, ...more: unknown[]): void => {
      if (typeof message === 'string') {
        // Nest passes the class that logs as the last argument; its start-up lines are of use only to a debugger.
        const quieter = method === 'info' ? 'debug' : method;
        logger[quieter](more.length > 0 ? { from: more.at(-1) } : {}, clean(message));
        return;
      }
      const fields = typeof message === 'object' && message !== null ? message : {};
      logger[method](fields, typeof more[0] === 'string' ? clean(more[0]) : '');
    };
  return {
    log: write('info'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    fatal: write('fatal'),
  };
}

const clean = (text: string): string => (textHoldsCardNumber(text) ? '(a card number was removed)' : text);

function describe(error: unknown): object {
  if (!(error instanceof Error)) return { message: clean(String(error).slice(0, 300)) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: clean(error.message.slice(0, 300)),
    ...(code === undefined ? {} : { code }),
    stack: error.stack
      ?.split('\n')
      .slice(1, 8)
      .map((line) => line.trim()),
  };
}
