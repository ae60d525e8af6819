import { Config } from '../../config/config.js';

const REDACTED = '[redacted]';

/** Shorter secrets are not replaced: they may be ordinary words. */
const SHORTEST_SECRET = 8;

/** The start of a word, also after an escape sequence of JSON. */
const BEGIN = String.raw`(?<=^|[^A-Za-z0-9]|\\[bfnrt])`;

/** Secrets recognised by their form. Lengths are limited, so that matching stays fast. */
const FORMS: readonly [form: RegExp, replacement: string][] = [
  // API keys of this server and of model providers, and tokens (RFC 7519).
  [new RegExp(`${BEGIN}(?:ar_|sk-)[\\w-]{8,}`, 'g'), REDACTED],
  [new RegExp(`${BEGIN}eyJ[\\w-]{4,}\\.[\\w-]+\\.[\\w-]*`, 'g'), REDACTED],
  [/\b(bearer|basic) +[\w.~+/-]{8,}=*/gi, `$1 ${REDACTED}`],
  // Credentials in URLs, and URL parameters with the name of a secret.
  [/(:\/\/)[^\s/?#"']{1,1000}@/g, `$1${REDACTED}@`],
  [
    /([?&;][\w.%-]{0,40}(?:token|key|secret|password|signature|credential|auth)[\w.%-]{0,40}=)[^&;#\s"\\]+/gi,
    `$1${REDACTED}`,
  ],
];

/** Removes secrets from text that leaves the process: those of the settings, and texts that look like one. */
export class Redaction {
  private readonly known: readonly string[];

  constructor(secrets: readonly string[]) {
    const sound = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
    this.known = [...new Set(sound.flatMap(spellingsOf))];
  }

  static of(config: Config): Redaction {
    const { auth, openai, proxy } = config;
    const urls = [config.databaseUrl, config.redisUrl, proxy.http, proxy.https].filter(
      (url) => url !== undefined,
    );
    const secrets = [
      openai.apiKey,
      auth.mode === 'jwt' && 'secret' in auth.key ? auth.key.secret : undefined,
      ...urls.map((url) => decodeURIComponent(new URL(url).password)),
    ];
    return new Redaction(secrets.filter((secret) => secret !== undefined));
  }

  clean(text: string): string {
    let cleaned = text;
    for (const secret of this.known) cleaned = cleaned.replaceAll(secret, REDACTED);
    for (const [form, replacement] of FORMS) cleaned = cleaned.replace(form, replacement);
    return cleaned;
  }
}

/** Literal, URL-encoded, and JSON-escaped. */
const spellingsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
];
