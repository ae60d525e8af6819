import {
  JWTVerifyGetKey,
  JWTVerifyOptions,
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  jwtVerify,
} from 'jose';
import { Dispatcher, fetch } from 'undici';
import { Config } from '../../../config/config.js';
import {
  Authenticator,
  NotAuthenticated,
  TokenKeysUnavailable,
  bearerOf,
} from '../../../shared/application/authenticator.js';
import { Clock } from '../../../shared/domain/clock.js';
import { isUserId } from '../../../shared/domain/user-id.js';

/** Kept apart from the algorithms of public keys, so that a public key is never accepted as a shared secret. */
const SYMMETRIC = ['HS256', 'HS384', 'HS512'];
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** The accepted difference between the clocks of issuer and database. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** Published keys are fetched again when a token names an unknown key, and after this time, to notice withdrawn keys. */
const KEYS_MAX_AGE_MS = 600_000;
/** The shortest time between two fetches, however often tokens name unknown keys. */
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 5_000;

/** The errors that mean an invalid token. All other errors mean that it could not be verified. */
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

/** Accepts JSON Web Tokens (RFC 7519) of a trusted issuer; `sub` is the user. */
export class JwtAuthenticator extends Authenticator {
  private readonly key: JWTVerifyGetKey;
  private readonly options: JWTVerifyOptions;

  /** @param dispatcher sends the requests for published keys */
  constructor(
    { key, issuer, audience }: Extract<Config['auth'], { mode: 'jwt' }>,
    private readonly clock: Clock,
    dispatcher: Dispatcher,
  ) {
    super();
    this.key = 'secret' in key ? sharedSecret(key.secret) : publishedKeys(key.jwksUrl, dispatcher);
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
    const now = this.clock.now();
    // An expired token is refused also while the issuer's keys cannot be fetched.
    if (isExpired(token, now)) throw new NotAuthenticated(true);
    try {
      const { payload } = await jwtVerify(token, this.key, { ...this.options, currentDate: now });
      if (isUserId(payload.sub)) return payload.sub;
    } catch (error) {
      if (!REFUSALS.some((refusal) => error instanceof refusal)) throw new TokenKeysUnavailable(error);
    }
    throw new NotAuthenticated(true);
  }
}

/** Reads `exp` unverified, which can only lead to a refusal. Malformed tokens are left to jwtVerify. */
function isExpired(token: string, now: Date): boolean {
  try {
    const { exp } = decodeJwt(token);
    return typeof exp === 'number' && exp + CLOCK_TOLERANCE_SECONDS <= now.getTime() / 1000;
  } catch (error) {
    if (error instanceof errors.JWTInvalid) return false;
    throw error;
  }
}

function sharedSecret(secret: string): JWTVerifyGetKey {
  const bytes = new TextEncoder().encode(secret);
  return async () => bytes;
}

const publishedKeys = (url: string, dispatcher: Dispatcher): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(url), {
    [customFetch]: (address: string, options: object) => fetch(address, { ...options, dispatcher }),
    cacheMaxAge: KEYS_MAX_AGE_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
  });
