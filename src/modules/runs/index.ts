export { RunSchema, ToolCallSchema } from './infrastructure/run.row.js';
export { RunsModule } from './runs.module.js';
