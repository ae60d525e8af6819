import { storableText } from '../../../shared/domain/storable.js';

/**
 * Makes a model's text storable: PostgreSQL accepts neither NUL nor half a surrogate pair. A pair that is split between
 * two pieces is joined again.
 */
export class WellFormedText {
  private held = '';

  push(piece: string): string {
    const text = this.held + piece;
    const cut = /[\uD800-\uDBFF]$/.test(text);
    this.held = cut ? text.slice(-1) : '';
    return storableText(cut ? text.slice(0, -1) : text);
  }

  /** The text that is still held back. */
  end(): string {
    const text = this.held;
    this.held = '';
    return storableText(text);
  }
}
