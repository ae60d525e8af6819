/** Metrics of event streams. */
export abstract class StreamMetrics {
  abstract connected(): void;
  abstract disconnected(): void;
  abstract sent(eventType: string): void;
  /** An event was sent this long after it was stored, to a reader without a backlog. */
  abstract delivered(seconds: number): void;
}
