#!/usr/bin/env node
// Checks the version before anything is imported that an old Node cannot read.
import { readFileSync } from 'node:fs';

const { engines } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const needed = engines.node.replace('>=', '');

/** @param {string} a @param {string} b versions, as 22.14.0 */
const isBelow = (a, b) => {
  const [one, two] = [a, b].map((version) => version.split('.').map(Number));
  const at = two.findIndex((part, place) => part !== one[place]);
  return at >= 0 && one[at] < two[at];
};

if (isBelow(process.versions.node, needed)) {
  console.error(`agent-runtime needs Node ${needed} or newer; this is Node ${process.versions.node}.`);
  process.exitCode = 1;
} else {
  await import('../dist/src/cli.js');
}
