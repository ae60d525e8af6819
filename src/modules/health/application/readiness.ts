/** Whether new work may be sent to this process: not while it drains, nor without its database. */
export abstract class Readiness {
  abstract check(): Promise<{ isReady: boolean; details: object }>;
}
