import { type Marketplace, Refused, type Service } from '@holdfast/journeys';
import { serviceNames } from '@holdfast/local';
import { CaseError } from './case-error.ts';

export type Setting = string | number | boolean;
type Settings = Record<string, Setting>;

/** A change of settings by the operator, and the way back. */
export interface SettingsChange {
  apply(): Promise<void>;
  /** Puts back what was in force before; only what the change really changed. */
  restore(): Promise<void>;
}

/** The settings in force, of every service. */
export async function readSettings(market: Marketplace): Promise<Map<Service, Settings>> {
  const read = serviceNames.map(async (service) => {
    const { settings } = await market.operator.get(service, '/v1/policy');
    return [service, settings as Settings] as const;
  });
  return new Map(await Promise.all(read));
}

/**
 * Plans a change at whoever owns each setting; one that every service owns for itself is changed in all of
 * them.
 * @param pathOf where the case names the setting
 * @throws CaseError for a setting that no service owns; from `apply` for a value that its owner refuses
 */
export async function planSettings(
  market: Marketplace,
  wanted: Settings,
  pathOf: (name: string) => string,
): Promise<SettingsChange> {
  const inForce = await readSettings(market);
  for (const name of Object.keys(wanted)) {
    if ([...inForce.values()].some((settings) => name in settings)) continue;
    throw new CaseError(pathOf(name), `unknown setting "${name}"`);
  }
  const changes = [...inForce].flatMap(([service, settings]) => {
    const names = Object.keys(wanted).filter((name) => name in settings && settings[name] !== wanted[name]);
    return names.length === 0 ? [] : [{ service, after: pick(wanted, names), before: pick(settings, names) }];
  });
  const put = async (service: Service, settings: Settings, reason: string) => {
    try {
      await market.operator.put(service, '/v1/policy', { settings, reason });
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'policy.value_refused') throw error;
      const [name = ''] = error.answer.body.settings ?? Object.keys(settings);
      throw new CaseError(pathOf(name), `${service} refuses the value ${JSON.stringify(wanted[name])}`);
    }
  };
  const applied: typeof changes = [];
  return {
    apply: async () => {
      for (const change of changes) {
        applied.push(change);
        await put(change.service, change.after, 'a golden case begins');
      }
    },
    restore: async () => {
      for (const { service, before } of applied.splice(0))
        await put(service, before, 'a golden case is over');
    },
  };
}

const pick = (settings: Settings, names: readonly string[]): Settings =>
  Object.fromEntries(names.map((name) => [name, settings[name]!]));
