/** Of one message, as on standard output. */
const LIMIT_BYTES = 10 << 20;
const [LINE_FEED, CARRIAGE_RETURN] = [10, 13];

/** `fetch`, with an answer that fails where a message in it is too long: the MCP package would keep all of it. */
export async function boundedFetch(input: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (!response.body) return response;
  const isEvents = response.headers.get('content-type')?.includes('text/event-stream') ?? false;
  return new Response(response.body.pipeThrough(bound(isEvents)), response);
}

/** @param isEvents whether an empty line begins another message */
function bound(isEvents: boolean): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let length = 0;
  let isLineStart = false;
  return new TransformStream({
    transform: (chunk, controller) => {
      for (const byte of chunk) {
        length = isEvents && isLineStart && byte === LINE_FEED ? 0 : length + 1;
        if (byte !== CARRIAGE_RETURN) isLineStart = byte === LINE_FEED;
        if (length > LIMIT_BYTES) throw new Error('A message of the server has more than 10 MB');
      }
      controller.enqueue(chunk);
    },
  });
}
