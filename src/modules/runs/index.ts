export { mendedFields } from './api/inputs.dto.js';
export { RunsModule } from './runs.module.js';
