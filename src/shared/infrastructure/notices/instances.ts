import { Injectable } from '@nestjs/common';
import { InstanceId } from '../../application/instance-id.js';
import { NoticeConnection } from './notice-connection.js';
import { Notice, NOTICES_CHANNEL } from './notice.js';
import { LEASE_SECONDS } from './peers.js';

/** Topics between instances. Their texts: the instance that registers, the one that is answered, the one that leaves. */
export const HELLO = 'hello';
export const WELCOME = 'welcome';
export const BYE = 'bye';
/** They come from the database alone: another user of Redis could make an instance believe that it is the only one. */
export const MEMBERSHIP_TOPICS = [HELLO, WELCOME, BYE];

const EXPIRY = `now() + interval '${LEASE_SECONDS} seconds'`;

/** Held on the connection for notices, so that the entry of a killed process delays no other. */
const lockOf = (id: string) => `hashtextextended('instance ' || ${id}, 0)`;

/** Shared: the session before, which PostgreSQL may not yet know to be lost, has it as well. */
const HOLD = `select pg_advisory_lock_shared(${lockOf('$1')})`;

const REGISTER = `
  with registered as (
    insert into instances (id, expires_at) values ($1, ${EXPIRY})
    on conflict (id) do update set expires_at = excluded.expires_at
  ) select pg_notify('${NOTICES_CHANNEL}', $2)`;

/** An instance whose session is gone loses its entry, unless it has answered. */
const READ_OTHERS = `
  with gone as (
    delete from instances where id in (
      select id from instances
       where id <> $1 and id <> all($2::uuid[]) and (expires_at <= now() or pg_try_advisory_xact_lock(${lockOf('id')}))
         for update skip locked)
    returning id
  )
  select id from instances where id <> $1 and expires_at > now() and id not in (select id from gone)`;

const RENEW = `
  with renewed as (
    update instances set expires_at = ${EXPIRY} where id = $1 and expires_at > now() returning 1
  ), lapsed as (
    delete from instances where id in (select id from instances where expires_at <= now() for update skip locked)
  )
  select exists (select from renewed) as "isRenewed",
         array(select id from instances where id <> $1 and expires_at > now()) as others`;

const LEAVE = `
  with gone as (delete from instances where id = $1)
  select pg_notify('${NOTICES_CHANNEL}', $2)`;

/** The entry of this process in the table `instances`, where each process that hears notices has one. */
@Injectable()
export class Instances {
  constructor(
    private readonly connection: NoticeConnection,
    private readonly instance: InstanceId,
  ) {}

  /** Holds the lock of this process for as long as the connection lasts. */
  async hold(): Promise<void> {
    await this.connection.query(HOLD, [this.instance.value]);
  }

  /**
   * Makes the entry, or renews it, and says hello.
   * @param answered the instances that have answered
   * @returns the other instances. They are read once the entry is committed, so that of two that register at the same
   * time one finds the other.
   */
  async register(answered: Iterable<string>): Promise<string[]> {
    const { value: id } = this.instance;
    await this.connection.query(REGISTER, [id, this.payload(HELLO, id)]);
    const others = await this.connection.query<{ id: string }>(READ_OTHERS, [id, [...answered]]);
    return others.map((other) => other.id);
  }

  /** @returns the other instances; undefined where the entry of this one has lapsed or is gone */
  async renew(): Promise<string[] | undefined> {
    const [row] = await this.connection.query<{ isRenewed: boolean; others: string[] }>(RENEW, [
      this.instance.value,
    ]);
    return row!.isRenewed ? row!.others : undefined;
  }

  async welcome(id: string): Promise<void> {
    await this.connection.notify([{ channel: NOTICES_CHANNEL, payload: this.payload(WELCOME, id) }]);
  }

  async leave(): Promise<void> {
    const { value: id } = this.instance;
    await this.connection.query(LEAVE, [id, this.payload(BYE, id)]);
  }

  private payload(topic: string, id: string): string {
    return new Notice().add(topic, [id]).toPayloads(this.instance.value)[0]!;
  }
}
