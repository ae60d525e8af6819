export { SynopsisSchema, SynopsisVersionSchema } from './infrastructure/synopsis.row.js';
export { SynopsesModule } from './synopses.module.js';
