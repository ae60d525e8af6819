import { RequestError, type SessionConfigOption, type SessionModeState } from '@agentclientprotocol/sdk';
import type { Agent, AgentRuntime, Model, Session } from '#client';

/** Stands for the choice of the runtime. */
export const AUTO = 'auto';
/** Choosing it hands the choice back to the runtime. */
const ORCHESTRATOR = 'orchestrator';
const DEFAULT_MODEL = 'default';
const DEFAULT_EFFORT = 'default';

const MODES: readonly { value: Session['approval_mode']; name: string; description: string }[] = [
  { value: 'ask', name: 'Ask', description: 'You are asked before anything is changed' },
  { value: 'accept_edits', name: 'Accept edits', description: 'Edits of files need no question' },
  { value: 'read_only', name: 'Read only', description: 'What changes something is refused' },
];

/** What a user can choose from. */
export interface Offer {
  readonly agents: readonly Agent[];
  readonly models: readonly Model[];
  /** How sessions may treat calls that change something. */
  readonly approvalModes: readonly Session['approval_mode'][];
}

export async function offerOf(runtime: AgentRuntime, options: { retryFor?: number }): Promise<Offer> {
  const [agents, models, { approval_modes: approvalModes }] = await Promise.all([
    runtime.agents.list({}, options).all(),
    runtime.models.list({}, options).all(),
    runtime.account.me(options),
  ]);
  return {
    agents: agents.filter(({ id, mode }) => (mode === 'primary' || mode === 'all') && id !== ORCHESTRATOR),
    models,
    approvalModes,
  };
}

/** What to send to a server that is to answer by this agent. */
export const agentToSend = (chosen: string): string => (chosen === AUTO ? ORCHESTRATOR : chosen);

/** The agents, for editors that know no options. @param agent the choice that counts from the next message on */
export const modesOf = ({ agents }: Offer, agent: string): SessionModeState => ({
  currentModeId: agent,
  availableModes: [
    { id: AUTO, name: 'Auto', description: 'The runtime chooses the agent by the task' },
    ...agents.map(({ id, name, description }) => ({ id, name, description })),
  ],
});

export function optionsOf(offer: Offer, session: Session, agent: string): SessionConfigOption[] {
  const { currentModeId, availableModes } = modesOf(offer, agent);
  const standard = offer.models.find((model) => model.default)?.id;
  return [
    {
      ...{ type: 'select', id: 'agent', name: 'Agent', category: 'mode', currentValue: currentModeId },
      options: availableModes.map(({ id, name, description }) => ({
        ...{ value: id, name },
        ...(description && { description }),
      })),
    },
    {
      ...{ type: 'select', id: 'model', name: 'Model', category: 'model' },
      currentValue: session.model ?? DEFAULT_MODEL,
      options: [
        { value: DEFAULT_MODEL, name: standard === undefined ? 'Default' : `Default (${standard})` },
        ...offer.models.map(({ id, provider }) => ({ value: id, name: id, description: provider })),
      ],
    },
    ...effortOptions(offer, session),
    {
      ...{ type: 'select', id: 'approval_mode', name: 'Approvals', currentValue: session.approval_mode },
      options: MODES.filter(({ value }) => offer.approvalModes.includes(value)),
    },
  ];
}

/** How much the model is to reason; no choice where it knows no efforts. */
function effortOptions(offer: Offer, { model, reasoning_effort: effort }: Session): SessionConfigOption[] {
  const efforts = effortsOf(offer, model);
  if (efforts.length === 0) return [];
  return [
    {
      ...{ type: 'select', id: 'reasoning_effort', name: 'Reasoning', category: 'thought_level' },
      currentValue: effort ?? DEFAULT_EFFORT,
      options: [
        { value: DEFAULT_EFFORT, name: 'Default' },
        ...efforts.map((value) => ({ value, name: value })),
      ],
    },
  ];
}

const effortsOf = ({ models }: Offer, chosen: string | null): readonly string[] =>
  models.find(({ id, default: isDefault }) => (chosen === null ? isDefault : id === chosen))?.reasoning ?? [];

/** What `PATCH` of a session is told for an option other than the agent. */
export function changeFor(
  offer: Offer,
  { reasoning_effort: effort }: Session,
  { configId, value }: { readonly configId: string; readonly value: string },
): Parameters<AgentRuntime['sessions']['update']>[1] {
  if (configId === 'model') {
    const model = value === DEFAULT_MODEL ? null : value;
    const isLost = effort !== null && !effortsOf(offer, model).includes(effort);
    return { model, ...(isLost && { reasoning_effort: null }) };
  }
  if (configId === 'reasoning_effort') return { reasoning_effort: value === DEFAULT_EFFORT ? null : value };
  const mode = MODES.find((each) => each.value === value)?.value;
  if (configId === 'approval_mode' && mode) return { approval_mode: mode };
  throw RequestError.invalidParams({ configId, value }, 'There is no such choice');
}
