/** Read access to what tools answered. */
export abstract class ToolResultQueries {
  /**
   * The session of a call, and the whole of its answer where that is kept apart.
   * @throws ToolCallNotFound also when it belongs to another user
   */
  abstract view(callId: string, userId: string): Promise<{ sessionId: string; kept: string | null }>;
}
