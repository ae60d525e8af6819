export { mayBeLarge, mendedFields, takesToolResults } from './api/inputs.dto.js';
export { RunsModule } from './runs.module.js';
