import { errors, type JWK, Provider } from 'oidc-provider';
import { resourceOf, roles } from './token.ts';

export interface ProviderOptions {
  issuer: string;
  audience: string;
  accessTokenSeconds: number;
  clientSecret: string;
  keys: readonly JWK[];
}

/** The ids a person may have: account ids and readable names, nothing that could be a path or a header. */
const personPattern = /^[A-Za-z0-9_-]{1,64}$/;
const knownRoles = new Set<string>(roles);

/** An OIDC provider that knows everybody and issues JWT access tokens for one audience. */
export function createProvider(options: ProviderOptions): Provider {
  const resource = resourceOf(options.audience);
  const provider = new Provider(options.issuer, {
    adapter: (model) => new Everybody(model, options.clientSecret),
    jwks: { keys: options.keys },
    scopes: roles,
    responseTypes: [],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      // The package assumes RS256, for which there is no key.
      id_token_signed_response_alg: 'ES256',
    },
    clientBasedCORS: () => false,
    extraTokenClaims: (_context, token) => ({ roles: [...token.scopes] }),
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: (context, requested) => {
          if (requested !== resource) throw new errors.InvalidTarget();
          // The package drops unknown scopes silently; a misspelt role should be noticed.
          for (const scope of context.oidc.requestParamScopes) {
            if (!knownRoles.has(scope)) throw new errors.InvalidScope('unknown role', scope);
          }
          return {
            audience: options.audience,
            scope: roles.join(' '),
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256', kid: options.keys[0]?.kid } },
          };
        },
      },
    },
    renderError: (context, out) => {
      context.body = out;
    },
    ttl: { ClientCredentials: options.accessTokenSeconds },
  });
  // Otherwise a 500 would leave no trace of its cause.
  provider.on('server_error', (_context, error) => console.error(error));
  return provider;
}

/** Stores nothing: JWT access tokens are not kept, and each well-formed id is a client. */
class Everybody {
  readonly #model: string;
  readonly #clientSecret: string;

  constructor(model: string, clientSecret: string) {
    this.#model = model;
    this.#clientSecret = clientSecret;
  }

  async find(id: string): Promise<Record<string, unknown> | undefined> {
    if (this.#model !== 'Client' || !personPattern.test(id)) return undefined;
    return { client_id: id, client_secret: this.#clientSecret };
  }

  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async upsert(): Promise<void> {}
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}
