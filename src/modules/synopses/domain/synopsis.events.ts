export interface SynopsisEvents {
  'synopsis.updated': { version: number };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends SynopsisEvents {}
}
