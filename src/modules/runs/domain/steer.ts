/** What a user says to a run that is at work. It waits until a model is asked next. */
export interface Steer {
  readonly id: string;
  readonly sessionId: string;
  /** The run that it waits for. */
  readonly runId: string;
  readonly content: string;
  readonly createdAt: Date;
}

/** How many may wait for a run. */
export const MAX_STEERS = 10;

/** The text of the one message that several become. */
export const textOfSteers = (steers: readonly Pick<Steer, 'content'>[]): string =>
  steers.map(({ content }) => content).join('\n\n');
