import type { FixtureResponse } from '@copilotkit/aimock';
import { callTool, sayAndCall } from './reply.js';
import { SettledCall, Turn } from './turn.js';

const FILE = /(?<![\p{L}\w])(?:[\p{L}\w-]+[/.])*[\p{L}\w-]+\.[a-z]{1,5}(?![\p{L}\w])/iu;

const HOW_TO_CONFIGURE = `For answers that understand the question, start the server with a real model: set OPENAI_API_KEY, \
or OPENAI_BASE_URL for any server that speaks the same protocol (Ollama, vLLM, LM Studio), and AGENTS_DEFAULT_MODEL.`;

const GREETING = `Hello! I am the offline demo model of agent-runtime: my answers are canned, made from the words of your \
task and from what the tools answer.

I can write a small file and check it (“Create hello.py that prints hello”), read a file of your workspace and tell \
what is in it (“Explain hello.py”), and sketch a design (“Design a cache”).

${HOW_TO_CONFIGURE}`;

const FAULT_FINDING = `Without a file to look at I can only tell you how I would go about it.

First make the fault repeatable: the shortest command that shows it, run twice. Then read the first error of its \
output, not the last: what follows is often only its echo. The first line of the trace that lies in your own code is \
where to begin.

Then halve the distance: print what goes in and what comes out at the middle of the way, and keep the half in which \
it turns wrong. Name the file (“Debug src/hello.js”) and I will read it.

${HOW_TO_CONFIGURE}`;

/** Answers to the example questions in the documentation. */
const GLOSSARY: readonly (readonly [RegExp, string])[] = [
  [
    /lease/i,
    `A lease is a lock that ends by itself. Its holder may work on something, and renews the lease while working.

When the holder dies, no clean-up is needed: the time runs out and another one takes over. A plain lock would \
stay behind for ever.

The price is that a slow holder can lose its lease without knowing. So every write carries the holder's token, and a \
write with an outdated token changes nothing.`,
  ],
  [
    /server-sent|\bsse\b|event stream/i,
    `Server-sent events are one long HTTP answer that the server adds to, one event after another.

Every event has an id. A client whose connection breaks asks again with the last id it saw, in the header \
Last-Event-ID, and gets what it missed.

They go one way, through every proxy that can carry HTTP; what the client has to say, it says with ordinary requests.`,
  ],
];

/** Answers in prose; reads a file of the workspace before it answers about it. */
export function explain(turn: Turn, of: 'fault' | 'question'): FixtureResponse {
  const path = FILE.exec(turn.task)?.[0];
  if (path && turn.offers('read_file')) {
    const read = turn.last('read_file');
    return read
      ? { content: read.failed ? unreadable(path, read) : describeFile(path, read.answer, of) }
      : sayAndCall(`I will read ${path} before I say anything about it.`, callTool('read_file', { path }));
  }
  if (of === 'fault') return { content: FAULT_FINDING };
  const entry = GLOSSARY.find(([term]) => term.test(turn.task));
  return { content: entry ? entry[1] : GREETING };
}

const unreadable = (path: string, read: SettledCall): string =>
  `I cannot say anything about ${path}, because I could not read it. The tool answered: ${read.answer}

If the file has another name or lies in a folder, ask again with its path from the top of the workspace.`;

function describeFile(path: string, content: string, of: 'fault' | 'question'): string {
  const lines = content.trimEnd().split('\n');
  const size = lines.length === 1 ? 'one line' : `${lines.length} lines`;
  const names = [...content.matchAll(/\b(?:function|class|def|const)\s+(\w+)/g)].map(
    (match) => `\`${match[1]}\``,
  );
  const defines =
    names.length > 0 ? `It defines ${names.join(', ')}.` : 'It defines nothing for others to use.';
  const prints = /\b(?:console\.log|print|echo)\b/.test(content)
    ? 'When it runs, it prints: that is its only effect that can be seen from outside.'
    : 'It prints nothing by itself.';
  const last =
    of === 'fault'
      ? `What I have seen is the text only; I have not run it. To find a fault in it, run it with the input that fails, \
and compare what the line above gets with what it expects.`
      : 'What I have seen is the text only; I have not run it.';
  return `${path} is a file of ${size}. It begins with this line:

    ${lines[0]}

${defines} ${prints}

${last} The offline demo model reads words, not meaning. ${HOW_TO_CONFIGURE}`;
}
