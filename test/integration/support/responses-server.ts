import { Line, ProtocolServer, Step, Tool, USAGE, callId, sealed } from './protocol-server.js';

const usage = {
  input_tokens: USAGE.promptTokens,
  input_tokens_details: { cached_tokens: USAGE.cachedTokens },
  output_tokens: USAGE.completionTokens,
  output_tokens_details: { reasoning_tokens: USAGE.reasoningTokens },
};

const STATUS = { stop: 'completed', length: 'incomplete', content_filter: 'incomplete' };
const REASON = { stop: undefined, length: 'max_output_tokens', content_filter: 'content_filter' };

type End = keyof typeof STATUS;

const endOf = (steps: readonly Step[]): End | undefined =>
  steps.flatMap((step) => ('end' in step ? step.end : []))[0];

interface Item {
  readonly item: { readonly type: string; readonly id: string };
  /** The events between its begin and its end: their names, and their fields. */
  readonly parts: readonly (readonly [name: string, fields: object])[];
}

const pieces = (name: string, deltas: readonly string[], field: string, place: object): Item['parts'] => [
  ...deltas.map((delta) => [`${name}.delta`, { ...place, delta }] as const),
  [`${name}.done`, { ...place, [field]: deltas.join('') }],
];

/** The items of an answer, each with its events. */
function itemsOf(steps: readonly Step[]): Item[] {
  let calls = 0;
  return steps.flatMap((step, at): Item[] => {
    if ('thought' in step) {
      const text = step.thought.join('');
      const summary = [{ type: 'summary_text', text }];
      return [
        {
          item: {
            type: 'reasoning',
            id: `rs_${at}`,
            summary,
            encrypted_content: sealed(text),
            status: 'completed',
          } as Item['item'],
          parts: pieces('response.reasoning_summary_text', step.thought, 'text', { summary_index: 0 }),
        },
      ];
    }
    if ('call' in step) {
      const call = { name: step.call, call_id: callId(calls++), arguments: step.args.join('') };
      return [
        {
          item: { type: 'function_call', id: `fc_${at}`, ...call, status: 'completed' } as Item['item'],
          parts: pieces('response.function_call_arguments', step.args, 'arguments', {}),
        },
      ];
    }
    if ('end' in step) return [];
    const [type, field, said] =
      'text' in step
        ? (['output_text', 'text', step.text] as const)
        : (['refusal', 'refusal', step.refusal] as const);
    const content = [{ type, [field]: said.join('') }];
    return [
      {
        item: {
          type: 'message',
          id: `msg_${at}`,
          role: 'assistant',
          content,
          status: 'completed',
        } as Item['item'],
        parts: pieces(`response.${type}`, said, field, { content_index: 0 }),
      },
    ];
  });
}

/** An item as it begins: without what its events bring. */
function begun(item: object): object {
  const hollow = Object.entries({ ...item, status: 'in_progress' }).map(([field, value]) => [
    field,
    Array.isArray(value) ? [] : field === 'arguments' || field === 'encrypted_content' ? '' : value,
  ]);
  return Object.fromEntries(hollow) as object;
}

const response = (status: string, more: object = {}) => ({
  id: 'resp_1',
  object: 'response',
  model: 'm',
  status,
  error: null,
  output: [],
  ...more,
});

function whole(steps: readonly Step[]) {
  const end = endOf(steps)!;
  const output = itemsOf(steps).map(({ item }) => item);
  return response(STATUS[end], {
    output,
    usage,
    incomplete_details: REASON[end] ? { reason: REASON[end] } : null,
  });
}

/** The events of an answer, as OpenAI names and numbers them. */
export function eventsOf(steps: readonly Step[]): { type: string }[] {
  const end = endOf(steps);
  const events: object[] = ['created', 'in_progress'].map((name) => ({
    type: `response.${name}`,
    response: response('in_progress'),
  }));
  const items = itemsOf(steps);
  for (const [output_index, { item, parts }] of items.entries()) {
    const isCut = end === undefined && output_index === items.length - 1;
    events.push({ type: 'response.output_item.added', output_index, item: begun(item) });
    for (const [type, fields] of isCut ? parts.slice(0, -1) : parts) {
      events.push({ type, output_index, item_id: item.id, ...fields });
    }
    if (!isCut) events.push({ type: 'response.output_item.done', output_index, item });
  }
  if (end) events.push({ type: `response.${STATUS[end]}`, response: whole(steps) });
  return events.map((event, sequence_number) => ({ type: '', ...event, sequence_number }));
}

export const named = (event: { type: string }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

interface InputItem {
  readonly type?: string;
  readonly role?: 'system' | 'user' | 'assistant';
  readonly content: string;
  readonly name: string;
  readonly arguments: string;
  readonly call_id: string;
  readonly output: string;
  readonly encrypted_content: string;
  readonly summary: readonly { readonly text: string }[];
}

function lineOf(item: InputItem): Line {
  switch (item.type) {
    case 'reasoning': {
      const text = item.summary.map((each) => each.text).join('');
      return ['thought', item.encrypted_content === sealed(text) ? text : 'not sealed'];
    }
    case 'function_call':
      return ['call', `${item.name} ${item.arguments}`, item.call_id];
    case 'function_call_output':
      return ['result', item.output, item.call_id];
    default:
      return [item.role!, item.content];
  }
}

interface Body {
  readonly instructions?: string;
  readonly input: readonly InputItem[];
  readonly tools: readonly Tool[];
  readonly text?: { readonly format: { readonly type: string } };
}

/** Speaks the Responses API, as OpenAI does. */
export const RESPONSES_SERVER: ProtocolServer = {
  api: 'responses',
  path: '/v1/responses',
  stream: (...steps) => eventsOf(steps).map(named).join(''),
  document: (...steps) => JSON.stringify(whole(steps)),
  error: (fault) => named({ type: 'error', ...fault }),
  keepAlive: [response('queued'), response('in_progress')]
    .map((each) => named({ type: `response.${each.status}`, ...{ response: each } }))
    .join(': ping\n\n'),
  conversationIn: (body) => {
    const { instructions, input } = JSON.parse(body) as Body;
    return [...(instructions === undefined ? [] : [['system', instructions] as const]), ...input.map(lineOf)];
  },
  toolsIn: (body) =>
    (JSON.parse(body) as Body).tools.map(({ name, description, parameters }) => ({
      name,
      description,
      parameters,
    })),
  formatIn: (body) => (JSON.parse(body) as Body).text?.format.type,
};
