/** The metrics of this process in Prometheus' text format. */
export abstract class MetricsText {
  abstract read(): Promise<string>;
}
