export { SYNOPSIS_EVENTS } from './api/synopsis-events.dto.js';
export { SynopsesModule } from './synopses.module.js';
