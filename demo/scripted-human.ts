import type { ApprovalContext, CallApproval, CallDecision, DecisionOnPlan } from '@agent-runtime/client';
import type { Human } from '../src/ide/human.ts';
import type { Screen } from '../src/ide/screen.ts';

/**
 * Approves the plan, changes the text of the first file, types into a file while an edit of it waits for an answer, and does
 * not want to be asked about the same command again.
 */
export class ScriptedHuman implements Human {
  readonly #edit: { readonly from: string; readonly to: string };
  readonly #screen: Screen;
  readonly #type: () => Promise<void>;
  #hasEdited = false;
  #hasTyped = false;

  /**
   * @param edit what is to stand in the first file in the place of what
   * @param type changes the file that the first edit is about
   */
  constructor(edit: { from: string; to: string }, screen: Screen, type: () => Promise<void>) {
    this.#edit = edit;
    this.#screen = screen;
    this.#type = type;
  }

  async decideOnPlan(): Promise<DecisionOnPlan> {
    this.#screen.user('approve the plan');
    return { decision: 'approve' };
  }

  async decideOnCall(
    { tool_name: tool, arguments: args }: CallApproval,
    { refusal }: ApprovalContext,
  ): Promise<CallDecision> {
    if (refusal !== undefined) throw new Error(`The edit was not taken: ${refusal}`);
    const { content } = args;
    if (!this.#hasEdited && typeof content === 'string') {
      this.#hasEdited = true;
      const changed = { content: content.replace(this.#edit.from, this.#edit.to) };
      this.#screen.user('approve it with another text');
      this.#screen.arguments(changed);
      return { decision: 'edit', modified_arguments: { ...args, ...changed } };
    }
    if (tool === 'edit_file' && !this.#hasTyped) {
      this.#hasTyped = true;
      await this.#type();
      this.#screen.note('the human has typed into the file meanwhile: the edit is out of date');
    }
    if (tool !== 'execute_command') {
      this.#screen.user('approve it');
      return { decision: 'approve' };
    }
    this.#screen.user('approve it, and the same from now on without asking');
    return { decision: 'approve', remember: true };
  }
}
