import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RepositoryRegistry } from '../../shared/infrastructure/persistence/repository-registry.js';
import { SessionsModule } from '../sessions/index.js';
import { PlansController } from './api/plans.controller.js';
import { PlanQueries } from './application/plan.queries.js';
import { PlanRepository } from './domain/plan.repository.js';
import { PlanSchema, PlanTransitionSchema, SubtaskSchema } from './infrastructure/plan.row.js';
import { SqlPlanQueries } from './infrastructure/sql-plan.queries.js';
import { SqlPlanRepository } from './infrastructure/sql-plan.repository.js';

@Module({
  imports: [TypeOrmModule.forFeature([PlanSchema, SubtaskSchema, PlanTransitionSchema]), SessionsModule],
  controllers: [PlansController],
  providers: [{ provide: PlanQueries, useClass: SqlPlanQueries }],
  exports: [PlanQueries],
})
export class PlansModule {
  constructor(repositories: RepositoryRegistry) {
    repositories.register(PlanRepository, (context) => new SqlPlanRepository(context));
  }
}
