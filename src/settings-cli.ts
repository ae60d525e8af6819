import { settingsPage } from './config/settings-page.js';
import { TOPICS } from './config/settings.js';
import { generatedFile } from './generated-file.js';

await generatedFile(process.argv[2], 'docs/settings.md', settingsPage(TOPICS), 'settings');
