import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { Notice, NOTICES_CHANNEL } from '../../src/shared/infrastructure/notices/notice.js';

/** Hears what the instances on a database tell each other by PostgreSQL. */
export class NoticeEar {
  readonly heard: { channel: string; payload: string }[] = [];

  private constructor(private readonly client: Client) {
    client.on('error', () => undefined); // the database may be dropped
    client.on('notification', ({ channel, payload }) => this.heard.push({ channel, payload: payload! }));
  }

  static async open(url: string, ...channels: string[]): Promise<NoticeEar> {
    const client = new Client({ connectionString: url });
    const ear = new NoticeEar(client);
    await client.connect();
    for (const channel of [NOTICES_CHANNEL, ...channels]) await client.query(`listen ${channel}`);
    return ear;
  }

  /** The texts of a topic so far: all that was sent before this was asked. */
  async textsOf(topic: string): Promise<string[]> {
    await this.catchUp();
    return this.heard
      .filter(({ channel }) => channel === NOTICES_CHANNEL)
      .flatMap(({ payload }) => Notice.parse(payload).notice.of(topic));
  }

  /** Notifications come in the order of their commits: after the own one all earlier ones are here. */
  async catchUp(): Promise<void> {
    const own = `catch_up_${randomUUID().replaceAll('-', '')}`;
    const { promise: arrived, resolve } = Promise.withResolvers<void>();
    const onNotification = ({ channel }: { channel: string }) => channel === own && resolve();
    this.client.on('notification', onNotification);
    await this.client.query(`listen ${own}; notify ${own}`);
    await arrived;
    this.client.off('notification', onNotification);
    await this.client.query(`unlisten ${own}`);
  }

  async tell(from: string, topic: string, text: string): Promise<void> {
    const [payload] = new Notice().add(topic, [text]).toPayloads(from);
    await this.client.query('select pg_notify($1, $2)', [NOTICES_CHANNEL, payload]);
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
