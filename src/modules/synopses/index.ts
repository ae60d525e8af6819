export { SYNOPSIS_EVENTS } from './api/synopsis-events.dto.js';
export { SynopsisQueries } from './application/synopsis.queries.js';
export type { SynopsisItem } from './domain/synopsis-content.js';
export { SynopsesModule } from './synopses.module.js';
