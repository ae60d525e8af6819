/** What the scripted human asks for, and what must be there in the end. */
export const PROPOSED = 'Hello from the agents';
export const GREETING = 'Hello from the agents and their human';
export const WANTED = ['src/greet.js', 'src/hello.js'] as const;
export const TASK = `Plan and build a small greeting tool: ${WANTED[0]} that exports the text "${PROPOSED}", and ${WANTED[1]} that prints it.`;
export const QUESTION = `Explain what ${WANTED[1]} does.`;
export const SHORTER = 'Hello from all of us';
export const EDIT_TASK = `In ${WANTED[0]} change "${GREETING}" to "${SHORTER}".`;
/** What the human types into that file while the agent's edit waits for an answer. */
export const TYPED = '// What src/hello.js prints.\n';
export const RUNS = 3;
