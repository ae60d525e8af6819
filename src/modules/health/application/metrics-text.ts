/** The metrics of this process in Prometheus' text format. */
export abstract class MetricsText {
  static readonly CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

  abstract read(): Promise<string>;
}
