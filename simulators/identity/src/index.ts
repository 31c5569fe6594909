export { type Identity, type IdentityOptions, startIdentity } from './identity.ts';
export { fetchToken, type Role, type TokenRequest } from './token.ts';
