import { TestDatabase } from '../../support/database.js';
import { TestModels } from '../../support/models-file.js';
import { RawModel } from './raw-model.js';

/** What applications with a file of models need, which a suite starts one after another: model servers and a database. */
export class ModelServers {
  private constructor(
    readonly models: TestModels,
    readonly raw: RawModel,
    readonly database: TestDatabase,
  ) {}

  static async start(): Promise<ModelServers> {
    return new ModelServers(await TestModels.start(), await RawModel.start(), await TestDatabase.create());
  }

  /** The providers of the file, with the raw server in place of those of these ids. */
  providersWithRaw(...ids: string[]): TestModels['content']['providers'] {
    const { providers } = this.models.content;
    return providers.map((each) => (ids.includes(each.id) ? { ...each, base_url: this.raw.url } : each));
  }

  async stop(): Promise<void> {
    await this.models.stop();
    this.raw.stop();
    await this.database.drop();
  }
}
