import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { StoredEvent } from '../../../shared/application/event-stream.js';
import { OnStored } from '../../../shared/infrastructure/events/on-stored.js';
import { AgentRegistry, isBuiltInTool } from '../../agents/index.js';
import { FALLBACK_CODES } from '../../models/index.js';
import {
  CLAIM_OUTCOMES,
  CalledTool,
  ClaimOutcome,
  RECOVERY_OUTCOMES,
  RecoveryOutcome,
  RunMetrics,
} from '../application/run-metrics.js';
import { ToolErrorCode } from '../domain/tool-call.states.js';
import { FINAL_RUN_STATUSES } from '../domain/run.states.js';

/** Up to a day, since a run may wait for a human. */
const SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400];

export const RUN_METRICS = [
  makeCounterProvider({
    name: 'agent_runs_total',
    help: 'Finished runs by their final status',
    labelNames: ['status'],
  }),
  makeHistogramProvider({
    name: 'agent_run_duration_seconds',
    help: 'From the input to the end of its run, waiting for the client included',
    labelNames: ['status'],
    buckets: SECONDS,
  }),
  makeGaugeProvider({
    name: 'agent_runs_active',
    help: 'Runs this process executes; those that wait for a client are not among them',
  }),
  makeCounterProvider({
    name: 'agent_switches_total',
    help: 'Hand-overs between agents',
    labelNames: ['from', 'to'],
  }),
  makeCounterProvider({
    name: 'tool_calls_total',
    help: 'Settled tool calls',
    labelNames: ['tool', 'status'],
  }),
  makeCounterProvider({
    name: 'tool_errors_total',
    help: 'Tool calls that clients answered with an error, by what failed',
    labelNames: ['tool', 'code'],
  }),
  makeCounterProvider({
    name: 'tool_claims_total',
    help: 'Claims of tool calls by what became of them: a claim is granted, renewed or refused, then released or lapsed',
    labelNames: ['outcome'],
  }),
  makeCounterProvider({
    name: 'run_recoveries_total',
    help: 'Runs taken over from a process that was gone, or handed them over',
    labelNames: ['outcome'],
  }),
  makeCounterProvider({
    name: 'llm_retries_total',
    help: 'Further tries of failed model calls, by what failed',
    labelNames: ['model', 'code'],
  }),
  makeCounterProvider({
    name: 'llm_fallbacks_total',
    help: 'Runs that went on with another model, by what failed',
    labelNames: ['code'],
  }),
  makeHistogramProvider({
    name: 'server_time_to_first_token_seconds',
    help: 'What the server adds to the time until a reader sees the first text, without the model’s share',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
  }),
];

/** Counts the events of the runs of this process. */
@Injectable()
export class PrometheusRunMetrics extends RunMetrics {
  constructor(
    @InjectMetric('agent_runs_total') private readonly runs: Counter<'status'>,
    @InjectMetric('agent_run_duration_seconds') private readonly duration: Histogram<'status'>,
    @InjectMetric('agent_runs_active') private readonly activeRuns: Gauge,
    @InjectMetric('agent_switches_total') private readonly switches: Counter<'from' | 'to'>,
    @InjectMetric('tool_calls_total') private readonly toolCalls: Counter<'tool' | 'status'>,
    @InjectMetric('tool_errors_total') private readonly toolErrors: Counter<'tool' | 'code'>,
    @InjectMetric('tool_claims_total') private readonly claims: Counter<'outcome'>,
    @InjectMetric('run_recoveries_total') private readonly recoveries: Counter<'outcome'>,
    @InjectMetric('llm_retries_total') private readonly retries: Counter<'model' | 'code'>,
    @InjectMetric('llm_fallbacks_total') private readonly fallbacks: Counter<'code'>,
    @InjectMetric('server_time_to_first_token_seconds') private readonly firstToken: Histogram,
    private readonly agents: AgentRegistry,
  ) {
    super();
    // Starts at 0: `rate()` needs a first sample.
    for (const status of FINAL_RUN_STATUSES) this.runs.inc({ status }, 0);
    for (const code of FALLBACK_CODES) this.fallbacks.inc({ code }, 0);
    for (const outcome of CLAIM_OUTCOMES) this.claims.inc({ outcome }, 0);
    for (const outcome of RECOVERY_OUTCOMES) this.recoveries.inc({ outcome }, 0);
  }

  active(runs: number): void {
    this.activeRuns.set(runs);
  }

  recovered(outcome: RecoveryOutcome): void {
    this.recoveries.inc({ outcome });
  }

  toolFailed(tool: CalledTool, code: ToolErrorCode | undefined): void {
    this.toolErrors.inc({ tool: labelOf(tool), code: code ?? 'other' });
  }

  retried(model: string, code: string): void {
    this.retries.inc({ model, code });
  }

  addedToFirstToken(seconds: number): void {
    this.firstToken.observe(seconds);
  }

  claim(outcome: ClaimOutcome): void {
    this.claims.inc({ outcome });
  }

  @OnStored('run.finished')
  onFinished({ data: { status, duration_ms: durationMs } }: StoredEvent<'run.finished'>): void {
    this.runs.inc({ status });
    this.duration.observe({ status }, durationMs / 1000);
  }

  @OnStored('agent.switched')
  onSwitched({ data: { from, to } }: StoredEvent<'agent.switched'>): void {
    this.switches.inc({ from: this.agents.labelOf(from), to: this.agents.labelOf(to) });
  }

  @OnStored('model.switched')
  onModelSwitched({ data: { reason: code } }: StoredEvent<'model.switched'>): void {
    this.fallbacks.inc({ code });
  }

  @OnStored('tool_call.settled')
  onToolCall({ data: { tool_name: toolName, source, status } }: StoredEvent<'tool_call.settled'>): void {
    this.toolCalls.inc({ tool: labelOf({ toolName, source }), status });
  }
}

/** Names of clients, and those that a model invents, must not become labels. */
const labelOf = ({ toolName, source }: CalledTool): string => {
  if (source === 'client') return 'client';
  return isBuiltInTool(toolName) ? toolName : 'unknown';
};
