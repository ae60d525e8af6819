import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { dataFolder } from './data-folder.js';

it.each([
  [{ DATA_DIR: '/data', XDG_DATA_HOME: '/xdg' }, '/data'],
  [{ DATA_DIR: '.data' }, resolve('.data')],
  [{ XDG_DATA_HOME: '/xdg' }, '/xdg/agent-runtime'],
  [{ DATA_DIR: '', XDG_DATA_HOME: 'relative' }, expect.stringMatching(`^${homedir()}/.*/agent-runtime$`)],
])('with %j the data is in %s', (environment, folder) => {
  expect(dataFolder(environment)).toEqual(folder);
});
