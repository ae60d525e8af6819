/** Notices where a JSON object, array or string ends that arrives in pieces. */
export class JsonExtent {
  private depth = 0;
  private inString = false;
  private escaped = false;
  private ended = false;

  /** Whether the value is complete. */
  get isWhole(): boolean {
    return this.ended;
  }

  /** Whether the value has begun, and is not complete. */
  get isOpen(): boolean {
    return this.depth > 0 || this.inString;
  }

  push(text: string): void {
    for (const character of text) this.read(character);
  }

  private read(character: string): void {
    if (this.escaped) this.escaped = false;
    else if (this.inString && character === '\\') this.escaped = true;
    else if (character === '"') {
      this.inString = !this.inString;
      this.ended = !this.inString && this.depth === 0;
    } else if (this.inString) return;
    else if (character === '{' || character === '[') this.depth++;
    else if (character === '}' || character === ']') this.ended = --this.depth === 0;
  }
}
