import type { CallApproval, CallVerdict, PlanVerdict } from './api.ts';
import type { Human } from './human.ts';
import type { Screen } from './screen.ts';

/** Approves the plan, changes the text of the first file, and does not want to be asked about commands again. */
export class ScriptedHuman implements Human {
  readonly #edit: { readonly from: string; readonly to: string };
  readonly #screen: Screen;
  #hasEdited = false;

  /** @param edit what is to stand in the first file in the place of what */
  constructor(edit: { from: string; to: string }, screen: Screen) {
    this.#edit = edit;
    this.#screen = screen;
  }

  async decideOnPlan(): Promise<PlanVerdict> {
    this.#screen.user('approve the plan');
    return { decision: 'approve' };
  }

  async decideOnCall(
    { tool_name: tool, arguments: args }: CallApproval,
    refusal?: string,
  ): Promise<CallVerdict> {
    if (refusal !== undefined) throw new Error(`The edit was not taken: ${refusal}`);
    const { content } = args;
    if (!this.#hasEdited && typeof content === 'string') {
      this.#hasEdited = true;
      const changed = { content: content.replace(this.#edit.from, this.#edit.to) };
      this.#screen.user('approve it with another text');
      this.#screen.arguments(changed);
      return { decision: 'edit', modified_arguments: { ...args, ...changed } };
    }
    if (tool !== 'execute_command') {
      this.#screen.user('approve it');
      return { decision: 'approve' };
    }
    this.#screen.user(`approve it, and ${tool} from now on without asking`);
    return { decision: 'approve', remember: true };
  }
}
