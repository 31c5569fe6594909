import { invalid } from './errors.ts';

/** A parsed form: `metadata[charge_id]=x` nests, `types[]=a` and `types[0]=a` make lists. */
export type Param = string | Param[] | { [name: string]: Param };
export type Params = { [name: string]: Param };

const deepestNesting = 5;
/** A simulator must never hold the number of a card or an account, nor what goes with it. */
const secrets = /^(?!metadata\[).*\[(number|cvc|exp_month|exp_year|account_number)\]$/;

/** @throws Refusal when a field is malformed or carries card details */
export function parseForm(text: string): Params {
  const params: Params = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (secrets.test(name))
      throw invalid('Card and account details are not accepted: use a test payment method.', { param: name });
    insert(params, pathOf(name), value);
  }
  return params;
}

function pathOf(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  const nested = [...(match?.[2] ?? '').matchAll(/\[([^[\]]*)\]/g)].map((part) => part[1] ?? '');
  if (!match?.[1] || nested.length > deepestNesting)
    throw invalid('Invalid parameter name.', { param: name });
  return [match[1], ...nested];
}

function insert(into: Params, [name = '', ...rest]: string[], value: string): void {
  const [next] = rest;
  if (next === undefined) {
    into[name] = value;
  } else if (rest.length === 1 && /^\d*$/.test(next)) {
    const list = into[name];
    if (Array.isArray(list)) list.push(value);
    else into[name] = [value];
  } else {
    const present = into[name];
    const child: Params = isNested(present) ? present : Object.create(null);
    into[name] = child;
    insert(child, rest, value);
  }
}

function isNested(param: Param | undefined): param is Params {
  return typeof param === 'object' && !Array.isArray(param);
}

/** The same text for the same parameters, whatever their order. */
export function canonical(param: Param): string {
  if (typeof param === 'string') return JSON.stringify(param);
  if (Array.isArray(param)) return `[${param.map(canonical).join(',')}]`;
  const names = Object.keys(param).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(param[name] ?? '')}`).join(',')}}`;
}
