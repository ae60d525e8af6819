export { HealthModule } from './health.module.js';
export { OperationModule } from './operation.module.js';
export { AnswerProbe } from './application/answer-probe.js';
