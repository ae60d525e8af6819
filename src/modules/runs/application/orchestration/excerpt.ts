import { isWithinPair } from '../../../../shared/domain/cut-text.js';
import { ToolOutcome } from '../lifecycle/settle-tool-call.js';

/** A longer line counts as several: a file without line breaks can be read, too. */
const LONGEST_LINE = 2_000;
/** Without the query. */
const LONGEST_HEADING = 120;

/** What is read of a text. Lines are counted from 1, and both ends belong to the range. */
export interface Range {
  readonly startLine: number;
  /** Unset = the last one. */
  readonly endLine: number | undefined;
  /** Only lines that contain it, in upper or lower case. */
  readonly query: string | undefined;
}

/**
 * Some lines of a text, under a line that says which they are, and where to go on if not all of them fit.
 * @param most characters of the excerpt; more than the longest line and its heading
 */
export function excerptOf(text: string, { startLine, endLine, query }: Range, most: number): ToolOutcome {
  const wanted = query?.toLowerCase();
  const room = most - (query?.length ?? 0) - LONGEST_HEADING;
  const taken: string[] = [];
  let length = 0;
  let count = 0;
  let goOn: number | undefined;
  for (const line of linesOf(text)) {
    count++;
    if (goOn !== undefined || count < startLine || (endLine !== undefined && count > endLine)) continue;
    if (wanted !== undefined && !line.toLowerCase().includes(wanted)) continue;
    const shown = wanted === undefined ? line : `${count}: ${line}`;
    length += shown.length + 1;
    if (length > room) goOn = count;
    else taken.push(shown);
  }
  if (startLine > count) {
    return { end: 'fail', content: `Error: line ${startLine} is beyond the end: there are ${count} lines` };
  }
  const last = goOn === undefined ? Math.min(endLine ?? count, count) : goOn - 1;
  const next = goOn === undefined ? '' : `; go on with start_line ${goOn}`;
  const which = `lines ${startLine} to ${last} of ${count}`;
  const heading = query === undefined ? which : `${taken.length} with "${query}" in ${which}`;
  return { end: 'complete', content: [`[${heading}${next}]`, ...taken].join('\n') };
}

/** One by one: millions of them would take much memory. */
function* linesOf(text: string): Generator<string> {
  for (let begin = 0; begin <= text.length;) {
    const lineEnd = text.indexOf('\n', begin);
    const end = lineEnd === -1 ? text.length : lineEnd;
    while (end - begin > LONGEST_LINE) {
      const most = begin + LONGEST_LINE;
      const split = isWithinPair(text, most) ? most - 1 : most;
      yield text.slice(begin, split);
      begin = split;
    }
    yield text.slice(begin, end);
    begin = end + 1;
  }
}
