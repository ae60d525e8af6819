import type { AvailableCommand } from '@agentclientprotocol/sdk';

/** What a prompt asks for. */
export type Wish =
  | { readonly kind: 'message'; readonly agent?: string }
  | { readonly kind: 'continue' | 'retry' | 'cancel-plan' | 'synopsis' };

const AGENTS: Readonly<Record<string, string>> = {
  architect: 'Plans, and changes nothing',
  coder: 'Writes code',
  debug: 'Looks for the cause of a fault',
  ask: 'Answers questions, and changes nothing',
};

const OTHERS: Readonly<Record<Exclude<Wish['kind'], 'message'>, string>> = {
  continue: 'Goes on with what was left open',
  retry: 'Goes on with a plan that has failed',
  'cancel-plan': 'Ends a plan that has failed',
  synopsis: 'Writes what was done, decided and left open',
};

export const COMMANDS: AvailableCommand[] = [
  ...Object.entries(AGENTS).map(([name, description]) => ({
    name,
    description: `${description}; for one message`,
    input: { hint: 'the message' },
  })),
  ...Object.entries(OTHERS).map(([name, description]) => ({ name, description })),
];

/** @param text of a prompt @returns what it asks for, and what is left of it as a message */
export function wishIn(text: string): { wish: Wish; rest: string } {
  const [, name = '', rest = ''] = /^\s*\/([a-z-]+)(?:\s+([^]*))?$/.exec(text) ?? [];
  if (Object.hasOwn(AGENTS, name) && rest.trim() !== '') {
    return { wish: { kind: 'message', agent: name }, rest };
  }
  if (Object.hasOwn(OTHERS, name) && rest.trim() === '') {
    return { wish: { kind: name as keyof typeof OTHERS }, rest: '' };
  }
  return { wish: { kind: 'message' }, rest: text };
}
