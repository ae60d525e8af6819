import { JWTVerifyGetKey, JWTVerifyOptions, createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose';
import { Config } from '../../../config/config.js';
import {
  Authenticator,
  NotAuthenticated,
  TokenKeysUnavailable,
  bearerOf,
} from '../../../shared/application/authenticator.js';
import { isUserId } from '../../../shared/domain/user-id.js';

/** A secret verifies what was made with a secret, a public key what was made with a private one, and never crosswise. */
const SYMMETRIC = ['HS256', 'HS384', 'HS512'];
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** How far the clocks of issuer and server may be apart. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Published keys are fetched anew when a token names an unknown one, and after this time: a withdrawn one ends then. */
const KEYS_MAX_AGE_MS = 600_000;
/** However many unknown keys are named. */
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 5_000;

/** What says that a token is not good. Anything else says that it could not be looked at. */
const REFUSALS = [
  errors.JWTInvalid,
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

/** JSON Web Tokens (RFC 7519) of an issuer that is trusted; `sub` is the user. */
export class JwtAuthenticator extends Authenticator {
  private readonly key: JWTVerifyGetKey;
  private readonly options: JWTVerifyOptions;

  constructor({ key, issuer, audience }: Extract<Config['auth'], { mode: 'jwt' }>) {
    super();
    this.key = 'secret' in key ? sharedSecret(key.secret) : publishedKeys(key.jwksUrl);
    this.options = {
      algorithms: 'secret' in key ? SYMMETRIC : ASYMMETRIC,
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
      requiredClaims: ['sub', 'exp'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
    };
  }

  async authenticate(authorization: string | undefined): Promise<string> {
    const token = bearerOf(authorization);
    // It ends also while nobody can say whether it was ever good.
    if (isExpired(token)) throw new NotAuthenticated(true);
    try {
      const { payload } = await jwtVerify(token, this.key, this.options);
      if (isUserId(payload.sub)) return payload.sub;
    } catch (error) {
      if (!REFUSALS.some((refusal) => error instanceof refusal)) throw new TokenKeysUnavailable(error);
    }
    throw new NotAuthenticated(true);
  }
}

/** By its own word, which counts against it. What is no token is found out later. */
function isExpired(token: string): boolean {
  try {
    const { exp } = decodeJwt(token);
    return typeof exp === 'number' && exp + CLOCK_TOLERANCE_SECONDS <= Date.now() / 1000;
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return false;
    throw error;
  }
}

function sharedSecret(secret: string): JWTVerifyGetKey {
  const bytes = new TextEncoder().encode(secret);
  return async () => bytes;
}

const publishedKeys = (url: string): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(url), {
    cacheMaxAge: KEYS_MAX_AGE_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
  });
