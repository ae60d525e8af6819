import { expect, it } from 'vitest';
import { declaredName } from './tool-names.js';

const TAKEN = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

it.each([
  ['tickets', 'look_up', 'mcp__tickets__look_up'],
  ['my-server', 'a__b', 'mcp__my-server__a__b'],
  ['github', 'x'.repeat(51), `mcp__github__${'x'.repeat(51)}`],
])('says server and tool as they are: %s, %s', (server, tool, name) => {
  expect(declaredName(server, tool)).toBe(name);
});

it.each([
  ['a blank', 'my server', 't', 'my_server', 't'],
  ['a dot', 's', 'a.b', 's', 'a_b'],
  ['letters of other scripts', 'Ämter', 'прочти', 'Anders', 'прочти'],
  ['where the name of the server ends', 'a__b', 'c', 'a', 'b__c'],
  ['where it ends, by one character', 'a_', 'b', 'a', '_b'],
  ['an end that is cut off', 's', `${'x'.repeat(60)}1`, 's', `${'x'.repeat(60)}2`],
  ['an empty name', '', 't', '_', 't'],
])('keeps tools apart that differ by %s', (_, server, tool, otherServer, otherTool) => {
  const names = [declaredName(server, tool), declaredName(otherServer, otherTool)];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(TAKEN);
});
