import { z } from 'zod';
import type { Answer } from './answering.ts';
import type { Step } from './step.ts';

/**
 * An address of a provider. `op` is the name under which faults and the request log know the call. `id` is
 * '' where the address has none.
 */
export type Route = Readonly<{
  method: 'GET' | 'POST';
  url: string;
  op: string;
  isList: boolean;
  params: z.ZodType;
  run: (step: Step, params: never, id: string) => Answer;
}>;

type Run<Schema extends z.ZodType> = (step: Step, params: z.output<Schema>, id: string) => Answer;

const nothing = z.strictObject({});

export function post<Schema extends z.ZodType>(
  url: string,
  op: string,
  params: Schema,
  run: Run<Schema>,
): Route {
  return { method: 'POST', url, op, isList: false, params, run };
}

export function list<Schema extends z.ZodType>(
  url: string,
  op: string,
  params: Schema,
  run: Run<Schema>,
): Route {
  return { method: 'GET', url, op, isList: true, params, run };
}

export function get(url: string, op: string, run: (step: Step, id: string) => Answer): Route {
  return {
    method: 'GET',
    url,
    op,
    isList: false,
    params: nothing,
    run: (step: Step, _params: never, id: string) => run(step, id),
  };
}

/** What a fault may be set on. */
export function operationsOf(routes: readonly Route[]): string[] {
  return [...new Set(routes.map(({ op }) => op)), 'webhook'];
}
