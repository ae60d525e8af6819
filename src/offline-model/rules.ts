import type { ChatMessage } from '@copilotkit/aimock';

/** How the runtime begins its message with the instructions of the workspace. */
const INSTRUCTIONS = /^Instructions of the workspace\./;
/** Of all that instructions may say, the one rule that this model understands. */
const FIRST_LINE = /^Begin (?:each|every) new script with the line `(.+)`\.?$/m;

/** The line that the instructions of the workspace want at the top of new scripts; undefined = they say nothing of it. */
export function firstLineOfScripts(messages: readonly ChatMessage[]): string | undefined {
  const instructions = messages.find(
    ({ role, content }) => role === 'user' && typeof content === 'string' && INSTRUCTIONS.test(content),
  );
  return instructions && FIRST_LINE.exec(instructions.content as string)?.[1];
}
