/** What stands between two empty lines of an event stream (WHATWG HTML, 9.2). */
export interface Frame {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  /** In milliseconds. */
  readonly retry?: number;
}

type Fields = { -readonly [Name in keyof Frame]: Frame[Name] };

/** Takes text in pieces of any size. What is cut off at the end of a stream is no frame. */
export class FrameParser {
  #line = '';
  /** The piece before ended with CR: an LF that begins the next one belongs to it. */
  #afterCr = false;
  #fields: Fields = {};

  /** @returns the frames that this piece completes; those of comments alone are left out */
  push(piece: string): Frame[] {
    const frames: Frame[] = [];
    const [first = '', ...rest] = (this.#afterCr && piece.startsWith('\n') ? piece.slice(1) : piece).split(
      /\r\n|\n|\r/,
    );
    if (piece !== '') this.#afterCr = piece.endsWith('\r');
    this.#line += first;
    for (const next of rest) {
      this.#end(this.#line, frames);
      this.#line = next;
    }
    return frames;
  }

  #end(line: string, frames: Frame[]): void {
    if (line !== '') {
      const [, name, value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) as unknown as [
        string,
        string,
        string?,
      ];
      this.#field(name, value);
    } else if (Object.keys(this.#fields).length > 0) {
      frames.push(this.#fields);
      this.#fields = {};
    }
  }

  #field(name: string, value: string): void {
    const { data } = this.#fields;
    if (name === 'data') this.#fields.data = data === undefined ? value : `${data}\n${value}`;
    if (name === 'event') this.#fields.event = value;
    if (name === 'id' && !value.includes('\0')) this.#fields.id = value;
    if (name === 'retry' && /^\d+$/.test(value)) this.#fields.retry = Number(value);
  }
}
