import { expect, it } from 'vitest';
import { openAccess } from './open-access.js';

it.each([
  [{ AGENT_RUNTIME_URL: 'here' }, undefined, 'AGENT_RUNTIME_URL must be the URL of a server'],
  [{ AGENT_RUNTIME_URL: 'http://a.example' }, 'ftp://a.example', '--url must be the URL of a server'],
])('the environment %j with the address %j typed: says which one is wrong', (environment, given, fault) => {
  expect(() => openAccess(environment, given)).toThrow(fault);
});
