import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { Shutdown } from '../../../shared/application/shutdown.js';
import { DatabasePing } from '../application/database-ping.js';
import { Readiness } from '../application/readiness.js';

@Injectable()
export class TerminusReadiness extends Readiness {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabasePing,
    private readonly shutdown: Shutdown,
  ) {
    super();
  }

  async check(): Promise<{ isReady: boolean; details: object }> {
    try {
      const details = await this.health.check([() => this.isAccepting(), () => this.isDatabaseUp()]);
      return { isReady: true, details };
    } catch (error) {
      // Terminus throws what it has found; to a prober that is an answer, not a problem.
      if (!(error instanceof ServiceUnavailableException)) throw error;
      return { isReady: false, details: error.getResponse() as object };
    }
  }

  private isAccepting(): HealthIndicatorResult {
    const check = this.indicators.check('accepting');
    return this.shutdown.draining ? check.down() : check.up();
  }

  private async isDatabaseUp(): Promise<HealthIndicatorResult> {
    const check = this.indicators.check('database');
    return (await this.database.answers()) ? check.up() : check.down();
  }
}
