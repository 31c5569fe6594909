/** The roles a caller can hold; asked for as OAuth scopes. */
export const roles = ['client', 'freelancer', 'agency', 'specialist', 'operator', 'service'] as const;
export type Role = (typeof roles)[number];

export const defaultAudience = 'holdfast';
export const defaultClientSecret = 'development-only';

/** Issuing takes milliseconds; an issuer silent for 5 s is not running. */
const timeoutMs = 5_000;

export interface TokenRequest {
  issuer: string;
  /** Becomes the token's `sub`: the account id. */
  person: string;
  roles: readonly Role[];
  secret?: string;
  /** Omitted: the issuer's own audience. Any other one is refused. */
  audience?: string;
}

/** A resource indicator must be an absolute URI (RFC 8707), which an audience need not be. */
export function resourceOf(audience: string): string {
  return URL.canParse(audience) ? audience : `urn:${audience}`;
}

/** Signs a person in at the development issuer and returns the access token; throws if it refuses. */
export async function fetchToken(request: TokenRequest): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (request.roles.length > 0) form.set('scope', request.roles.join(' '));
  if (request.audience !== undefined) form.set('resource', resourceOf(request.audience));

  // RFC 6749, 2.3.1: both halves are form-encoded before they are joined.
  const halves = [request.person, request.secret ?? defaultClientSecret].map(encodeURIComponent);
  const response = await fetch(`${request.issuer.replace(/\/$/, '')}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(halves.join(':')).toString('base64')}` },
    body: form,
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer = (await response.json().catch(() => ({}))) as {
    access_token?: string;
    error?: string;
    error_description?: string;
  };
  if (!response.ok || answer.access_token === undefined) {
    const reason = [answer.error, answer.error_description].filter(Boolean).join(': ');
    throw new Error(`no token for ${request.person}: ${response.status} ${reason}`.trimEnd());
  }
  return answer.access_token;
}
