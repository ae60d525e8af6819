export interface SessionEvents {
  'agent.switched': { from: string; to: string; reason: string; confidence?: string };
}

declare module '../../../shared/domain/domain-event.js' {
  interface EventCatalogue extends SessionEvents {}
}
