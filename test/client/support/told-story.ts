import { type AgentRuntime, type Outcome, type RuntimeEvent, type StayOptions } from '@agent-runtime/client';
import { resultOf, type Story, taskOf } from '../../chaos/support/story-model.js';
import { faultsOfReading, faultsOfTelling } from '../../chaos/support/told-run.js';
import { Transcript } from '../../chaos/support/transcript.js';
import type { SentEvent } from '../../support/client.js';
import type { TestDatabase } from '../../support/database.js';

/** A story that is told to the client library, with what an IDE brings to it. */
export class ToldStory {
  readonly story: Story;
  readonly sessionId: string;
  /** The calls that were executed, in order. */
  readonly executed: string[] = [];
  /** What a second reader of the session has seen, kept by the rules of the protocol and not by those of the library. */
  readonly seen = new Transcript();

  private constructor(story: Story, sessionId: string) {
    this.story = story;
    this.sessionId = sessionId;
  }

  /**
   * @param onEvent sees what the second reader sees
   * @returns when the run has ended and the second reader has seen its end
   */
  static async tell(
    runtime: AgentRuntime,
    story: Story,
    onEvent?: (event: RuntimeEvent) => unknown,
  ): Promise<{ told: ToldStory; outcome: Outcome }> {
    const { id } = await runtime.sessions.create();
    const told = new ToldStory(story, id);
    const [outcome] = await Promise.all([
      runtime.ask(id, taskOf(story), told.hands()),
      told.read(runtime, onEvent),
    ]);
    return { told, outcome };
  }

  hands(): StayOptions {
    const execute = (
      _: object,
      { call }: { call: { call_id: string; tool_name: string; arguments: object } },
    ) => {
      this.executed.push(call.call_id);
      return resultOf(call.tool_name, call.arguments);
    };
    return {
      onUnknownTool: execute,
      onApproval: () => ({ decision: 'approve' }),
      onPlan: () => ({ decision: 'approve' }),
    };
  }

  /** What is not as it is stored, or was done twice. */
  async faults(database: TestDatabase): Promise<string[]> {
    const twice = this.executed.filter((call, index) => this.executed.indexOf(call) < index);
    return [
      ...(await faultsOfReading(database, this.sessionId, this.seen)),
      ...(await faultsOfTelling(database, this.sessionId, this.story)),
      ...twice.map((call) => `call ${call} was executed twice`),
    ];
  }

  private async read(runtime: AgentRuntime, onEvent?: (event: RuntimeEvent) => unknown): Promise<void> {
    for await (const event of runtime.events(this.sessionId, { after: '0' })) {
      this.seen.add(event as SentEvent);
      await onEvent?.(event);
      if (event.type === 'run.finished') return;
    }
  }
}
