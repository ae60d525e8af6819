/** What is told of the streams that go out to readers. */
export abstract class StreamMetrics {
  abstract connected(): void;
  abstract disconnected(): void;
  abstract sent(eventType: string): void;
}
