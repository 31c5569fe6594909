import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Answer, Json, Service, SystemUrls } from '../marketplace.ts';

export type Problem = Answer & { service: Service; ms: number };

export interface Call {
  method: 'GET' | 'POST' | 'PUT';
  /** Sent as it is; anything but text is written as JSON. */
  body?: Json;
  headers?: Record<string, string | undefined>;
}

/** One request, with nothing added but what is asked for. */
export async function call(
  urls: SystemUrls,
  service: Service,
  path: string,
  { method, body, headers }: Call,
): Promise<Problem> {
  const startedAt = performance.now();
  const given = Object.entries(headers ?? {}).filter(([, value]) => value !== undefined) as [
    string,
    string,
  ][];
  const response = await fetch(`${urls[service]}${path}`, {
    method,
    headers: given,
    // As bytes, for text would bring a content type of its own.
    body:
      body === undefined ? undefined : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const ms = performance.now() - startedAt;
  return { service, status: response.status, body: parsed(text), headers: response.headers, ms };
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return text === '' ? undefined : text;
  }
}

/** The codes of each service and of every service, with their status: the promise of docs/errors.md. */
const promised = readFileSync(join(import.meta.dirname, '../../../../docs/errors.md'), 'utf8')
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    name: section.slice(0, section.indexOf('\n')),
    codes: new Map(
      [...section.matchAll(/^\| `([a-z_.]+)` \| (\d+) \|/gm)].map(([, code, status]) => [
        code,
        Number(status),
      ]),
    ),
  }));

/** A problem with a code that docs/errors.md lists for this service, at the status that it lists. */
export function expectProblem(
  { service, status, body, headers }: Problem,
  expected?: { status?: number; code?: string | string[] },
): void {
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  const { code } = body;
  const listed = promised.find(
    ({ name, codes }) => [service, 'Every service'].includes(name) && codes.has(code),
  );
  expect({ code, status: listed?.codes.get(code) }).toEqual({ code, status });
  expect(body).toMatchObject({ type: `urn:holdfast:error:${code}`, status, title: expect.any(String) });
  expect(status).toBeLessThan(500);
  if (expected?.status) expect({ status, code }).toMatchObject({ status: expected.status });
  if (expected?.code) expect([expected.code].flat()).toContain(code);
}
