/** The package ships no types; these are the few parts used here. */
declare module 'oidc-provider' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface JWK {
    kid?: string;
    kty?: string;
    alg?: string;
    use?: string;
  }

  export interface Context {
    body: unknown;
    oidc: { requestParamScopes: Set<string> };
  }

  export interface ResourceServer {
    audience: string;
    scope: string;
    accessTokenFormat: 'jwt' | 'opaque';
    jwt: { sign: { alg: string; kid?: string } };
  }

  export interface Configuration {
    adapter: (model: string) => object;
    jwks: { keys: readonly JWK[] };
    scopes: readonly string[];
    responseTypes: readonly string[];
    clientAuthMethods: readonly string[];
    clientDefaults: Record<string, unknown>;
    clientBasedCORS: (context: Context, origin: string, client: unknown) => boolean;
    extraTokenClaims: (context: Context, token: { scopes: Set<string> }) => Record<string, unknown>;
    features: {
      devInteractions: { enabled: boolean };
      userinfo: { enabled: boolean };
      rpInitiatedLogout: { enabled: boolean };
      clientCredentials: { enabled: boolean };
      resourceIndicators: {
        enabled: boolean;
        defaultResource: (context: Context) => string;
        getResourceServerInfo: (context: Context, resource: string) => ResourceServer;
      };
    };
    renderError: (context: Context, out: Record<string, unknown>, error: Error) => void;
    ttl: Record<string, number>;
  }

  export class Provider extends EventEmitter {
    constructor(issuer: string, configuration: Configuration);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  }

  export const errors: {
    InvalidScope: new (description: string, scope: string) => Error;
    InvalidTarget: new () => Error;
  };
}
