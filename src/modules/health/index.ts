export { HealthModule } from './health.module.js';
export { OperationServer } from './infrastructure/operation-server.js';
