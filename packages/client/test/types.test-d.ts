/** What the compiler knows of the library; checked by `npm run check:types`. */
import { expectTypeOf } from 'vitest';
import type {
  Accepted,
  ActivityHint,
  AgentRuntime,
  CallDecision,
  DataOf,
  Outcome,
  RuntimeEvent,
  Session,
  ToolArguments,
  UnknownEvent,
} from '../src/index.ts';

declare const runtime: AgentRuntime;
declare const event: RuntimeEvent;

if (event.type === 'message.delta') expectTypeOf(event.data).toEqualTypeOf<DataOf<'message.delta'>>();
if (event.type === 'run.finished') {
  expectTypeOf(event.data.status).toEqualTypeOf<Outcome['status']>();
}

switch (event.type) {
  case 'stream.reset':
    expectTypeOf(event.data.resume_after).toEqualTypeOf<string>();
    break;
  case '(unknown)':
    expectTypeOf(event).toEqualTypeOf<UnknownEvent>();
    break;
  default:
    expectTypeOf(event).not.toEqualTypeOf<UnknownEvent>();
}

// @ts-expect-error there is no such event
if (event.type === 'message.deltas') expectTypeOf(event).toBeNever();

for await (const session of runtime.sessions.list({ limit: 5 }))
  expectTypeOf(session).toEqualTypeOf<Session>();

for await (const hint of runtime.sessions.activity()) expectTypeOf(hint).toEqualTypeOf<ActivityHint>();

expectTypeOf(runtime.plans.cancel('p1')).toEqualTypeOf<Promise<Accepted>>();
// @ts-expect-error a decision says what is decided
void runtime.approvals.decide('a1');
// @ts-expect-error there is no such filter
runtime.sessions.list({ colour: 'red' });

expectTypeOf(
  runtime.ask('s1', 'Hi', {
    tools: {
      read_file: (args, { signal, call }) => {
        expectTypeOf(args).toEqualTypeOf<ToolArguments['read_file']>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(call.call_id).toEqualTypeOf<string>();
      },
      // @ts-expect-error no tool of an IDE has this name
      make_coffee: () => undefined,
    },
    onApproval: (approval, { refusal }) => {
      expectTypeOf(approval.arguments).toExtend<object>();
      expectTypeOf(refusal).toEqualTypeOf<string | undefined>();
      return { decision: 'edit', modified_arguments: {} };
    },
    // @ts-expect-error plans are not edited by a decision
    onPlan: () => ({ decision: 'edit' }),
  }),
).toEqualTypeOf<Promise<Outcome>>();

expectTypeOf<CallDecision['decision']>().toEqualTypeOf<'approve' | 'edit' | 'reject'>();
