import { ConfigInvalid } from '../../config/config.js';

/** From here on the message of JSON.parse quotes the text, which may be a key. */
const QUOTATION = /, (?:\.{3})?"[^]*/;

/**
 * Reads JSON that a file has which the settings name.
 * @throws ConfigInvalid without any of the text
 */
export function parseJsonFile(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigInvalid([`${path}: is not JSON: ${(error as Error).message.replace(QUOTATION, '')}`]);
  }
}
