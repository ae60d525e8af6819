import { JsonObject } from '../../../shared/domain/json.js';
import { ModelToolCall } from '../application/language-model.js';
import { JsonExtent } from './json-extent.js';
import { CallPiece } from './openai-chunk.js';
import { answerTooLong } from './openai-errors.js';
import { setFields } from './set-fields.js';

/** A limit of its own, since a tool call may be empty. */
const MAX_TOOL_CALLS = 100;

interface GatheredCall {
  readonly index: unknown;
  /** It began by the name of the call before: without arguments it is only that name again. */
  readonly mayRepeat: boolean;
  callId: string;
  toolName: string;
  arguments: string;
  extent: JsonExtent;
  readonly signed: JsonObject;
  isTold: boolean;
}

/** Assembles tool calls from their pieces. */
export class GatheredCalls {
  private readonly calls: GatheredCall[] = [];

  /** @param tools the names of those that the model was offered */
  constructor(private readonly tools: ReadonlySet<string> = new Set()) {}

  /**
   * @returns the number of characters added
   * @throws ModelError model.answer_too_long
   */
  add(piece: CallPiece): number {
    const call = this.callOf(piece);
    const before = call.callId.length + call.toolName.length;
    call.callId ||= piece.id;
    // A name that begins with all that is known of it repeats it.
    call.toolName = piece.name.startsWith(call.toolName) ? piece.name : call.toolName + piece.name;
    const added = call.callId.length + call.toolName.length - before + setFields(call.signed, piece.signed);
    // At the end of a call some servers send all of it again.
    if (call.extent.isWhole && piece.arguments === call.arguments) return added;
    // Some gateways begin a call with an empty object, which its arguments replace.
    if (call.arguments === '{}' && piece.arguments.startsWith('{')) {
      call.arguments = '';
      call.extent = new JsonExtent();
    }
    call.arguments += piece.arguments;
    call.extent.push(piece.arguments);
    return added + piece.arguments.length;
  }

  get first(): { readonly toolName: string; readonly arguments: string } | undefined {
    return this.given[0];
  }

  /**
   * The tools of the calls that have begun since this was asked before. A name may come in pieces: it is known to be whole
   * where a tool has it, or the arguments have begun.
   */
  begun(): string[] {
    const fresh = this.given.filter(
      ({ isTold, toolName, arguments: args }) =>
        !isTold && toolName !== '' && (args !== '' || this.tools.has(toolName)),
    );
    for (const call of fresh) call.isTold = true;
    return fresh.map(({ toolName }) => toolName);
  }

  /** The calls, once no more pieces follow. */
  complete(): ModelToolCall[] {
    return this.given.map(({ callId, toolName, arguments: args, extent }) => ({
      callId,
      toolName,
      arguments: decodedOnce(args),
      ...(extent.isOpen && { isCutOff: true }),
    }));
  }

  /** The fields of each call that go back to the provider. Signatures may be bound to its id, or in it. */
  get signed(): JsonObject[] {
    return this.given.map(({ callId, signed }) => ({ ...(callId !== '' && { id: callId }), ...signed }));
  }

  private get given(): GatheredCall[] {
    return this.calls.filter(({ toolName, arguments: args, mayRepeat }) =>
      toolName === '' ? args !== '' && args !== '{}' : args !== '' || !mayRepeat,
    );
  }

  private callOf(piece: CallPiece): GatheredCall {
    const known = piece.isWhole ? undefined : this.candidate(piece);
    if (known && !beginsAnother(known, piece)) return known;
    if (this.calls.length === MAX_TOOL_CALLS) throw answerTooLong();
    const { index } = piece;
    const mayRepeat = known?.toolName === piece.name;
    const call = {
      index,
      mayRepeat,
      callId: '',
      toolName: '',
      arguments: '',
      extent: new JsonExtent(),
      signed: {},
      isTold: false,
    };
    this.calls.push(call);
    return call;
  }

  /** The call that the piece belongs to, unless it begins another one. */
  private candidate({ index, id }: CallPiece): GatheredCall | undefined {
    if (isGiven(index)) return this.calls.findLast((call) => call.index === index);
    const named = id === '' ? undefined : this.calls.findLast((call) => call.callId === id);
    return named ?? this.calls.at(-1);
  }
}

/**
 * Whether a piece begins another call than the one its index or id points to. Neither identifies a call with every
 * server: some give all calls index 0, or no id, and some give each piece of one call a new id, or repeat its name. So a
 * piece with a name begins another call if the known one is complete.
 */
function beginsAnother(known: GatheredCall, { index, id, name }: CallPiece): boolean {
  if (name === '') return false;
  if (isGiven(index) && id !== '' && id === known.callId) return false;
  if (known.extent.isWhole) return true;
  const hasOtherId = id !== '' && known.callId !== '' && id !== known.callId;
  return name !== known.toolName && known.toolName !== '' && (hasOtherId || known.arguments !== '');
}

const isGiven = (index: unknown): boolean => index !== undefined && index !== null;

/** Arguments that are JSON within a JSON string, without the string. */
function decodedOnce(args: string): string {
  if (!args.trimStart().startsWith('"')) return args;
  try {
    const inner: unknown = JSON.parse(args);
    return typeof inner === 'string' && /^\s*[{[]/.test(inner) ? inner : args;
  } catch {
    return args; // the model reads that its arguments are not JSON
  }
}
