import { Marketplace, type SystemUrls } from '@holdfast/journeys';
import { serviceNames } from '../system.ts';
import type { ProofOptions } from './collection.ts';
import { type ProofResult, prove } from './prove.ts';
import { NotRunning } from './source.ts';

/**
 * The proof of a system that runs on this computer.
 * @throws NotRunning with one clear sentence
 */
export async function proveSystem(
  urls: SystemUrls,
  brokers: string,
  options?: ProofOptions,
): Promise<ProofResult> {
  const token = await new Marketplace(urls).operator.token().catch((error: Error) => {
    // What `fetch` throws when nobody listens; a refusal by the issuer says what it is.
    if (error instanceof TypeError) throw new NotRunning(`nothing answers at ${urls.identity}`);
    throw error;
  });
  const services = Object.fromEntries(serviceNames.map((service) => [service, urls[service]]));
  return prove({ services, providersControl: urls.providersControl, brokers, token }, options);
}
