import { Injectable } from '@nestjs/common';
import { Transaction } from '../../../shared/application/unit-of-work.js';
import { KeptList } from '../domain/declared-tool.js';
import { StoredTools, ToolListRepository } from '../domain/tool-list.repository.js';
import { toolsNow } from './tools-now.js';

/** Stores which tools of clients a run uses, so that it uses the same to its end, whatever clients declare meanwhile. */
@Injectable()
export class KeepTools {
  /** @returns what a run uses that begins now; undefined = nothing */
  read(tx: Transaction, sessionId: string): Promise<KeptList | undefined> {
    return toolsNow(tx.get(StoredTools), sessionId);
  }

  /** @returns the digest of the list; null = there is none */
  keep(tx: Transaction, sessionId: string, list: KeptList | undefined): string | null {
    if (!list) return null;
    tx.get(ToolListRepository).keep(sessionId, list);
    return list.digest;
  }
}
