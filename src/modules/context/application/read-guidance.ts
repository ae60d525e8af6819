import { Injectable } from '@nestjs/common';
import { DatabasePatience } from '../../../shared/application/database-patience.js';
import { SynopsisItem, SynopsisQueries } from '../../synopses/index.js';
import { CheckpointTask } from './checkpoint-writer.js';
import { Guidance } from './checkpoint-prompt.js';

/** Reads what people have said about what an agent is to remember: for this checkpoint, and in the session's synopsis. */
@Injectable()
export class ReadGuidance {
  constructor(
    private readonly synopses: SynopsisQueries,
    private readonly patience: DatabasePatience,
  ) {}

  async of({ sessionId, instructions, work }: CheckpointTask): Promise<Guidance> {
    const live = await this.patience.read('read_synopsis', work.signal, () =>
      this.synopses.findLive(sessionId),
    );
    return {
      instructions,
      hints: (live?.items ?? []).flatMap(hintIn).join('\n'),
      areEdited: live?.kind === 'edited',
    };
  }
}

function hintIn(item: SynopsisItem): string[] {
  if (item.kind === 'open_question') return [`- Open: ${item.text}`];
  if (item.kind !== 'decision') return [];
  return [`- Decided: ${item.text}${item.reason === undefined ? '' : ` (${item.reason})`}`];
}
