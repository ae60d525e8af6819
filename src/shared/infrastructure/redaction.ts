import { Config } from '../../config/config.js';

const REDACTED = '[redacted]';

/** Shorter ones are words that stand elsewhere as well. */
const SHORTEST_SECRET = 8;

/** Where a word begins, also behind an escape sequence of JSON. */
const BEGIN = String.raw`(?<=^|[^A-Za-z0-9]|\\[bfnrt])`;

/** What is secret by its form. Lengths are limited, so that no text takes long. */
const FORMS: readonly [form: RegExp, replacement: string][] = [
  // Keys of ours, of model providers, and tokens (RFC 7519).
  [new RegExp(`${BEGIN}(?:ar_|sk-)[\\w-]{8,}`, 'g'), REDACTED],
  [new RegExp(`${BEGIN}eyJ[\\w-]{4,}\\.[\\w-]+\\.[\\w-]*`, 'g'), REDACTED],
  [/\b(bearer|basic) +[\w.~+/-]{8,}=*/gi, `$1 ${REDACTED}`],
  // Credentials in addresses, and what parameters of addresses are called that hold some.
  [/(:\/\/)[^\s/?#"']{1,1000}@/g, `$1${REDACTED}@`],
  [
    /([?&;][\w.%-]{0,40}(?:token|key|secret|password|signature|credential|auth)[\w.%-]{0,40}=)[^&;#\s"\\]+/gi,
    `$1${REDACTED}`,
  ],
];

/** Takes out of a text what must not leave the process: the secrets of the settings, and what looks like one. */
export class Redaction {
  private readonly known: readonly string[];

  constructor(secrets: readonly string[]) {
    const sound = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
    this.known = [...new Set(sound.flatMap(spellingsOf))];
  }

  static of(config: Config): Redaction {
    const urls = [config.databaseUrl, config.redisUrl].filter((url) => url !== undefined);
    const { auth, openai } = config;
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

/** As it is, in an address, and in JSON. */
const spellingsOf = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
];
