/** What is told of the streams that go out to readers. */
export abstract class StreamMetrics {
  abstract connected(): void;
  abstract disconnected(): void;
  abstract sent(eventType: string): void;
  /** An event was sent so long after it was stored, to a reader who had been waiting for it. */
  abstract delivered(seconds: number): void;
}
