import { type Wish, promptOf } from '../model/answer.ts';
import { now } from '../machine/now.ts';
import { readFrames } from './frames.ts';
import { send } from './http.ts';

interface Requested {
  readonly data: { readonly call_id: string; readonly arguments: { readonly path: string } };
}

/**
 * A turn whose agent wants tools, one after the other, each answered as soon as it is requested.
 * @returns how long each answer took to become the next model call, in ms
 */
export async function takeToolTurn(sessions: string, sessionId: string, wish: Wish): Promise<number[]> {
  const roundTrips: number[] = [];
  let requestedAt: number | undefined;
  let input: object | undefined = { type: 'user_message', content: promptOf(wish) };
  let status = '';
  while (input) {
    const response = await send('POST', `${sessions}/${sessionId}/messages/stream`, input);
    input = undefined;
    let asked: Requested | undefined;
    let askedAt = 0;
    // The answer goes out as soon as its call is there; that the first stream ends as well is waited for meanwhile.
    await new Promise<void>((go, fail) => {
      readFrames(response, (type, data) => {
        if (type === 'tool_call.requested') {
          askedAt = now();
          asked = JSON.parse(data) as Requested;
          go();
        } else if (type === 'run.finished') {
          status = (JSON.parse(data) as { data: { status: string } }).data.status;
        }
      }).then(go, fail);
    });
    if (!asked) break;
    const { call_id: callId, arguments: args } = asked.data;
    if (requestedAt !== undefined) roundTrips.push(Number(args.path.replace('asked-at/', '')) - requestedAt);
    requestedAt = askedAt;
    input = { type: 'tool_result', call_id: callId, result: 'nothing to be found here' };
  }
  if (status !== 'completed') throw new Error(`the run is ${status}`);
  if (roundTrips.length !== (wish.calls ?? 0) - 1) throw new Error('a tool call is missing');
  return roundTrips;
}
