import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Rig, until } from '../testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

type Asking = { key?: string; reference?: string; signal?: AbortSignal };

function ask(name: string, { key = 'scr_test_holdfast', reference = 's-1', signal }: Asking = {}) {
  return rig.wire('/v1/screenings', {
    method: 'POST',
    body: JSON.stringify({ reference, name }),
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    signal,
  });
}
const resultOf = async (name: string): Promise<unknown> => (await ask(name)).json();
/** As long as somebody waits, which is until the question hangs. */
async function isNotAnswered(name: string, reference?: string): Promise<void> {
  const patience = new AbortController();
  const silent = ask(name, { reference, signal: patience.signal });
  silent.catch(() => undefined);
  await until(() => rig.keepsWaiting('screening.ask'));
  patience.abort();
  await expect(silent).rejects.toThrow();
}
const screeningFault = (params: object, match: object = {}) =>
  rig.control('POST', '/__sim/faults', { op: 'screening.ask', fault: 'screening', params, match });

describe('the screening vendor', () => {
  it.each([
    ['Ada Lopez', 'clear'],
    ['Ada Review', 'review'],
    ['Reviewer Lopez', 'review'],
    ['Ada Blocked', 'blocked'],
    ['Ada blocked', 'clear'],
  ])('%s: %s', async (name, result) => {
    expect(await resultOf(name)).toEqual({ result });
  });

  it('gives a silent name no answer, as long as somebody waits', async () => {
    await isNotAnswered('Ada Silent');
    const { requests } = await rig.control('GET', '/__sim/requests?op=screening.ask');
    expect(requests.at(-1)).toMatchObject({ provider: 'screening', outcome: 'not-executed', status: null });
  });

  it('takes its key as a bearer, and answers in its own words', async () => {
    const denied = await ask('Ada Lopez', { key: 'sk_test_holdfast' });
    expect(denied.status).toBe(401);
    expect(await denied.json()).toEqual({ error: { code: 'unauthorized', message: expect.any(String) } });
    const unknown = await rig.wire('/v1/screenings/nothing');
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: { code: 'invalid_request' } });
    const incomplete = await rig.wire('/v1/screenings', {
      method: 'POST',
      body: '{"name":"Ada"}',
      headers: { authorization: 'Bearer scr_test_holdfast' },
    });
    expect(incomplete.status).toBe(422);
    expect(await incomplete.json()).toMatchObject({ error: { code: 'parameter_missing' } });
  });

  it('answers a read, which shows that it is there', async () => {
    const authorization = 'Bearer scr_test_holdfast';
    const read = await rig.wire('/v1/screenings?limit=1', { headers: { authorization } });
    expect(await read.json()).toEqual({ data: [] });
  });

  it('fault 40: one question is answered otherwise, or not at all', async () => {
    await screeningFault({ result: 'blocked' });
    expect([await resultOf('Ada Lopez'), await resultOf('Ada Lopez')]).toEqual([
      { result: 'blocked' },
      { result: 'clear' },
    ]);
    await screeningFault({ result: 'no_answer' }, { reference: 's-2' });
    expect(await resultOf('Ada Lopez')).toEqual({ result: 'clear' });
    await isNotAnswered('Ada Lopez', 's-2');
  });

  it('plays the faults of any call, and refuses those it can never play', async () => {
    await rig.control('POST', '/__sim/faults', { op: 'screening.ask', fault: 'error-before-execution' });
    expect((await ask('Ada Lopez')).status).toBe(500);
    for (const fault of ['lost-webhook', 'unknown-status']) {
      const refused = await rig.control('POST', '/__sim/faults', { op: 'screening.ask', fault });
      expect(refused.status).toBe(400);
    }
  });
});
