import { describe, expect, it } from 'vitest';
import { flag, url, whole } from './setting-kinds.js';
import { settingsPage } from './settings-page.js';

describe('The page of the settings', () => {
  it('is a table for each topic: name, default, values, meaning', () => {
    const page = settingsPage({
      Ports: { PORT: whole(0, 9).default(3).describe('Port of the API') },
      Rest: { PLACE: url('http', 'https').describe('An address'), ON: flag(true).describe('Whether') },
    });
    expect(page).toContain(`
## Ports

| name   | default | values | meaning         |
| ------ | ------- | ------ | --------------- |
| \`PORT\` | \`3\`     | 0 to 9 | Port of the API |

## Rest

| name    | default | values                                     | meaning    |
| ------- | ------- | ------------------------------------------ | ---------- |
| \`PLACE\` | unset   | a URL that begins with http:// or https:// | An address |
| \`ON\`    | \`true\`  | \`true\`, \`false\`                            | Whether    |
`);
  });

  it('is not made of a setting without a description', () => {
    expect(() => settingsPage({ Ports: { PORT: whole(0, 9).default(3) } })).toThrow(
      'PORT has no description',
    );
  });
});
