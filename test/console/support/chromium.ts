import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where Chromium is, on Linux and macOS. */
const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const CHROMIUM = [process.env['CHROMIUM_PATH'] ?? '', ...PLACES].find((path) => existsSync(path));

/** The tests of the page are left out where Chromium is missing; in CI, which installs it, that is a failure. */
export const isLeftOut = CHROMIUM === undefined && !process.env['CI'];

/** A name that leads to this computer, as a page of an attacker may make one do. */
export const OTHER_NAME = 'console.test';

const ARGUMENTS = [
  `--host-resolver-rules=MAP ${OTHER_NAME} 127.0.0.1`,
  // Debian's builds have no sandbox for root.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function startChromium(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('These tests need Chromium; on Debian: apt-get install chromium');
  return chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS });
}
