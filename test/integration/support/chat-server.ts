import { Line, ProtocolServer, Step, USAGE, callId, event } from './protocol-server.js';

const usage = {
  prompt_tokens: USAGE.promptTokens,
  prompt_tokens_details: { cached_tokens: USAGE.cachedTokens },
  completion_tokens: USAGE.completionTokens,
  completion_tokens_details: { reasoning_tokens: USAGE.reasoningTokens },
};

const chunk = (delta: object, finish: string | null = null) =>
  event({ id: 'a1', model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] });

function eventsOf(step: Step, index: number): string[] {
  if ('text' in step) return step.text.map((content) => chunk({ content }));
  if ('thought' in step) return step.thought.map((thought) => chunk({ reasoning_content: thought }));
  if ('refusal' in step) return step.refusal.map((refusal) => chunk({ refusal }));
  if ('end' in step) return [chunk({}, step.end), event({ choices: [], usage }), event('[DONE]')];
  const head = { id: callId(index), type: 'function', function: { name: step.call, arguments: '' } };
  const pieces = step.args.map((args) => ({ function: { arguments: args } }));
  return [head, ...pieces].map((piece) => chunk({ tool_calls: [{ index, ...piece }] }));
}

function stream(...steps: readonly Step[]): string {
  const calls = steps.filter((step) => 'call' in step);
  const events = steps.flatMap((step) => eventsOf(step, calls.indexOf(step as (typeof calls)[number])));
  return chunk({ role: 'assistant', content: '' }) + events.join('');
}

function document(...steps: readonly Step[]): string {
  const message = {
    role: 'assistant',
    content: steps.flatMap((step) => ('text' in step ? step.text : [])).join(''),
    refusal: steps.flatMap((step) => ('refusal' in step ? step.refusal : [])).join(''),
    reasoning_content: steps.flatMap((step) => ('thought' in step ? step.thought : [])).join(''),
    tool_calls: steps
      .flatMap((step) => ('call' in step ? [step] : []))
      .map(({ call, args }, n) => ({
        id: callId(n),
        type: 'function',
        function: { name: call, arguments: args.join('') },
      })),
  };
  const [finish_reason] = steps.flatMap((step) => ('end' in step ? [step.end] : []));
  return JSON.stringify({ id: 'a1', model: 'm', choices: [{ index: 0, message, finish_reason }], usage });
}

interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | null;
  readonly reasoning_content?: string;
  readonly tool_call_id?: string;
  readonly tool_calls?: readonly { id: string; function: { name: string; arguments: string } }[];
}

function linesOf({ role, content, reasoning_content: thought, tool_calls, tool_call_id }: Message): Line[] {
  if (role === 'tool') return [['result', content ?? '', tool_call_id!]];
  return [
    ...(thought ? [['thought', thought] as const] : []),
    ...(content ? [[role, content] as const] : []),
    ...(tool_calls ?? []).map(({ id, function: f }) => ['call', `${f.name} ${f.arguments}`, id] as const),
  ];
}

/** Speaks chat completions, with the reasoning as DeepSeek has it. */
export const CHAT_SERVER: ProtocolServer = {
  api: 'chat',
  path: '/v1/chat/completions',
  stream,
  document,
  error: (fault) => event({ error: fault }),
  keepAlive: `: PROCESSING\n\n${chunk({ role: 'assistant', content: '' })}`,
  conversationIn: (body) => (JSON.parse(body) as { messages: Message[] }).messages.flatMap(linesOf),
  toolsIn: (body) => {
    const { tools } = JSON.parse(body) as { tools: { function: { name: string } }[] };
    return tools.map((tool) => tool.function as ReturnType<ProtocolServer['toolsIn']>[number]);
  },
  formatIn: (body) => (JSON.parse(body) as { response_format?: { type: string } }).response_format?.type,
};
