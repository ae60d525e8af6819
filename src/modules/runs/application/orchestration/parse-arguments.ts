import { JsonValue, jsonEscape } from '../../../../shared/domain/json.js';

const FENCE = '```';
/** A string of JSON, closed or cut off. If it matched closed ones only, each quote of a cut one would be tried in turn. */
const STRING = /"(?:[^"\\]|\\.)*(?:"|\\?$)/gs;
/** Also matches escape sequences, so that the character after a backslash is left alone. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /\\.|[\u0000-\u001f]/gs;

/**
 * The JSON of a tool call's arguments; undefined if they are none. Two spellings that are no JSON have one meaning only:
 * a code fence around it, and line breaks or tabs that are not escaped in a text. What is cut off is not completed: half a
 * file must not be written.
 */
export function parseArguments(text: string): JsonValue | undefined {
  const json = withoutFence(text.trim());
  if (json === '') return {};
  return parseJson(json) ?? parseJson(json.replaceAll(STRING, escapeControls));
}

function withoutFence(text: string): string {
  const begin = text.indexOf('\n');
  const isFenced = text.startsWith(FENCE) && text.endsWith(FENCE) && begin !== -1;
  return isFenced ? text.slice(begin, -FENCE.length).trim() : text;
}

const escapeControls = (string: string): string =>
  string.replaceAll(CONTROL, (found) => (found.startsWith('\\') ? found : jsonEscape(found)));

function parseJson(text: string): JsonValue | undefined {
  try {
    return (JSON.parse(text) as JsonValue) ?? {}; // `null` is how some servers write that there are none
  } catch {
    return undefined; // the model reads that its arguments are not JSON
  }
}
