/** Finish reasons by which servers say what OpenAI calls otherwise. */
const SYNONYMS = new Map([
  ['eos', 'stop'],
  ['eos_token', 'stop'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_length', 'length'],
  ['max_output_tokens', 'length'],
  ['function_call', 'tool_calls'],
  ['tool_call', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['sensitive', 'content_filter'],
  ['safety', 'content_filter'],
  ['prohibited_content', 'content_filter'],
]);

const OPENAI = new Set(['stop', 'length', 'tool_calls', 'content_filter']);

/** Reasons that are a breakdown of the server. */
const FAILURES = new Set(['error', 'abort', 'network_error', 'insufficient_system_resource']);

export const isFailure = (given: string): boolean => FAILURES.has(given.toLowerCase());

/** OpenAI's name of a finish reason; one without such a name stays as it is. @param given empty if there was none */
export function toFinishReason(given: string, hasCalls: boolean): string {
  const lower = given.toLowerCase();
  const reason = SYNONYMS.get(lower) ?? (OPENAI.has(lower) ? lower : given);
  if (reason === '' || reason === 'stop') return hasCalls ? 'tool_calls' : 'stop';
  return reason;
}
