import { ModelError, ModelRequest } from '../application/language-model.js';

/** Knows which models are asked without the key of a cache: strict servers refuse a field that they do not know. */
export class CacheKeys {
  private readonly refusedBy = new Set<string>();

  /**
   * Asks, and after a refusal that names the key again without it, and remembers that.
   * @param begins is called when an answer begins: what refuses it then is not about the request
   */
  async ask<T>(
    request: ModelRequest,
    begins: () => void,
    ask: (request: ModelRequest, begins: () => void) => Promise<T>,
  ): Promise<T> {
    const { cacheKey, ...without } = request;
    if (cacheKey === undefined || this.refusedBy.has(request.model)) return ask(without, begins);
    let hasBegun = false;
    try {
      return await ask(request, () => {
        hasBegun = true;
        begins();
      });
    } catch (error) {
      const isAboutKey = error instanceof ModelError && error.facts.isAboutCacheKey === true;
      if (!isAboutKey || hasBegun) throw error;
      const answer = await ask(without, begins);
      this.refusedBy.add(request.model);
      return answer;
    }
  }
}
