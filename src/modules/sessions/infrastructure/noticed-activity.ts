import { Injectable, Logger } from '@nestjs/common';
import { Observable, Subject, buffer, concat, concatMap, exhaustMap, of, timer } from 'rxjs';
import { Activity, ActivityKind, Hint } from '../../../shared/application/activity.js';
import { EventHub } from '../../../shared/infrastructure/events/event-hub.js';
import { Database } from '../../../shared/infrastructure/persistence/database.js';
import { ThrottledWarning } from '../../../shared/infrastructure/throttled-warning.js';
import { ACTIVITY } from '../../../shared/infrastructure/notices/activity-topic.js';
import { NoticeHandlers } from '../../../shared/infrastructure/notices/notice-handlers.js';

const MERGED_MS = 250;
/** With more sessions at once a reader fetches all anew. */
const MOST_SESSIONS = 10_000;

const REFETCH: Hint = { type: 'refetch' };

const OWNERS = `select id, user_id as "userId" from sessions where id = any($1::uuid[]) and user_id = any($2)`;

/** Hands the notices of all instances to those users who watch here. */
@Injectable()
export class NoticedActivity extends Activity {
  private readonly noted$ = new Subject<string>();
  /** The streams that are open, by user. */
  private readonly readers = new Map<string, Set<Subject<Hint>>>();
  private readonly trouble = new ThrottledWarning(new Logger(NoticedActivity.name));

  constructor(
    private readonly database: Database,
    handlers: NoticeHandlers,
    hub: EventHub,
  ) {
    super();
    handlers.on(ACTIVITY, (texts) => {
      if (this.readers.size > 0) for (const text of texts) this.noted$.next(text);
    });
    hub.missed$.subscribe(() => this.refetchAll());
    this.noted$
      .pipe(
        buffer(this.noted$.pipe(exhaustMap(() => timer(MERGED_MS)))),
        concatMap((texts) => this.tell(texts)),
      )
      .subscribe();
  }

  watch(userId: string): Observable<Hint> {
    const news$ = new Observable<Hint>((subscriber) => {
      const reader = new Subject<Hint>();
      const ofUser = this.readers.get(userId) ?? new Set();
      this.readers.set(userId, ofUser.add(reader));
      const subscription = reader.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        ofUser.delete(reader);
        if (ofUser.size === 0) this.readers.delete(userId);
      };
    });
    return concat(of(REFETCH), news$);
  }

  private async tell(texts: readonly string[]): Promise<void> {
    const bySession = new Map<string, Set<ActivityKind>>();
    for (const text of texts) {
      const [sessionId, kind] = text.split(' ') as [string, ActivityKind];
      bySession.set(sessionId, (bySession.get(sessionId) ?? new Set()).add(kind));
    }
    if (bySession.size > MOST_SESSIONS) {
      this.refetchAll();
      return;
    }
    try {
      const ids = [...bySession.keys()];
      const owned = await this.database.query<{ id: string; userId: string }>(OWNERS, [
        ids,
        [...this.readers.keys()],
      ]);
      for (const { id, userId } of owned) {
        const hint: Hint = { type: 'activity', sessionId: id, what: [...bySession.get(id)!] };
        for (const reader of this.readers.get(userId) ?? []) reader.next(hint);
      }
    } catch (error) {
      this.trouble.warn(error, 'the owners of sessions could not be read; their readers fetch all anew');
      this.refetchAll();
    }
  }

  private refetchAll(): void {
    for (const ofUser of this.readers.values()) for (const reader of ofUser) reader.next(REFETCH);
  }
}
