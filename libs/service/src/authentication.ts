import { AccountId } from '@holdfast/events';
import {
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { BaseConfig } from './config.ts';
import { Problem } from './problem.ts';
import { CONFIG } from './tokens.ts';

export const Role = z.enum(['client', 'freelancer', 'agency', 'specialist', 'operator', 'service']);
export type Role = z.output<typeof Role>;

/** Who calls: the account id is the token's `sub` (S-12). Rights come from the agreement and are checked in the query. */
export interface Party {
  accountId: string;
  roles: readonly Role[];
}

const Claims = z.object({ sub: AccountId, exp: z.number(), roles: z.array(z.string()).default([]) });

const openKey = 'holdfast.open';
const rolesKey = 'holdfast.roles';

/** A route that needs no token: health, documents, and webhooks, which carry a signature instead. */
export const Open = (): MethodDecorator & ClassDecorator => SetMetadata(openKey, true);
/** The caller needs one of these roles. */
export const RolesAllowed = (...roles: Role[]): MethodDecorator & ClassDecorator =>
  SetMetadata(rolesKey, roles);

export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): Party => {
  return context.switchToHttp().getRequest<{ party: Party }>().party;
});

const verifiedMax = 10_000;

/** Checks a bearer token against the issuer's keys: algorithms, issuer, audience, type and times are fixed (AD-16). */
@Injectable()
export class TokenVerifier {
  readonly #config: Pick<BaseConfig, 'OIDC_ISSUER' | 'OIDC_AUDIENCE'>;
  readonly #keys: JWTVerifyGetKey;
  /** Verified tokens until they expire: verifying each request anew would nearly halve the rate. */
  readonly #verified = new Map<string, { party: Party; expiresAtMs: number }>();

  constructor(@Inject(CONFIG) config: BaseConfig) {
    this.#config = config;
    const jwks = config.OIDC_JWKS_URL ?? `${config.OIDC_ISSUER.replace(/\/$/, '')}/jwks`;
    this.#keys = createRemoteJWKSet(new URL(jwks), { cooldownDuration: 5_000, timeoutDuration: 5_000 });
  }

  /** @throws Problem token.invalid, whatever is wrong with it; the log does not hold it either */
  async verify(token: string): Promise<Party> {
    const known = this.#verified.get(token);
    if (known) {
      if (known.expiresAtMs > Date.now()) return known.party;
      this.#verified.delete(token);
    }
    const claims = await jwtVerify(token, this.#keys, {
      algorithms: ['ES256', 'RS256'],
      issuer: this.#config.OIDC_ISSUER,
      audience: this.#config.OIDC_AUDIENCE,
      typ: 'at+jwt',
      clockTolerance: 5,
      requiredClaims: ['sub', 'exp', 'iat'],
    }).then(
      ({ payload }) => Claims.safeParse(payload),
      (error: { code?: string }) => {
        // Keys that cannot be fetched are an outage, not a forged token.
        if (error.code === undefined || error.code === 'ERR_JWKS_TIMEOUT')
          throw new Problem('service.unavailable');
        throw new Problem('token.invalid');
      },
    );
    if (!claims.success) throw new Problem('token.invalid');
    const roles = claims.data.roles.filter((role): role is Role => Role.safeParse(role).success);
    const party = { accountId: claims.data.sub, roles };
    if (this.#verified.size >= verifiedMax) this.#verified.delete(this.#verified.keys().next().value!);
    this.#verified.set(token, { party, expiresAtMs: claims.data.exp * 1_000 });
    return party;
  }
}

@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(openKey, places)) return true;
    const request = context.switchToHttp().getRequest<FastifyRequest & { party?: Party }>();
    const token = /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw new Problem('token.missing');
    request.party = await this.verifier.verify(token);
    const needed = this.reflector.getAllAndOverride<Role[] | undefined>(rolesKey, places);
    if (needed && !needed.some((role) => request.party!.roles.includes(role)))
      throw new Problem('role.missing');
    return true;
  }
}
