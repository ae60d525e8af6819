/** With more switches, the agents hand over in a circle. */
export const MAX_SWITCHES = 50;

/** Who answers in a run: an agent, and a model for it. */
export interface Answering {
  readonly agent: string;
  /** The versions of the agents that had a turn, which it keeps to its end: by agent. */
  readonly agentVersions: Readonly<Record<string, number>>;
  /** How often another agent went on. */
  readonly switches: number;
  /** The id of the model that answers, also after recovery; null = decided with each call. */
  readonly model: string | null;
  /** Whether the user chose the model: other agents keep it then. */
  readonly modelChosen: boolean;
  /** In their order. They hold for the rest of the run. */
  readonly modelSwitches: ModelSwitch[];
  /** The effort of reasoning that the user chose. */
  readonly reasoningEffort: string | null;
}

/** An agent that answers in a run. */
export interface AnsweringAgent {
  readonly id: string;
  readonly version: number;
  /** The model that answers for it, unless the user chose one; null = decided with each call. */
  readonly model: string | null;
}

/** The model that a user chose, and how much it is to reason; null = nothing chosen. */
export interface ModelChoice {
  /** The id of a model. */
  readonly model: string | null;
  readonly reasoningEffort: string | null;
}

const NO_CHOICE: ModelChoice = { model: null, reasoningEffort: null };

/** A model that failed, and the one that answers in its place. */
export type ModelSwitch = { from: string; to: string };

/** A user's choice; where it says nothing, `otherwise` counts. */
export function chosen(
  choice: ModelChoice = NO_CHOICE,
  otherwise = NO_CHOICE,
): ModelChoice & Pick<Answering, 'modelChosen'> {
  const model = choice.model ?? otherwise.model;
  return {
    model,
    modelChosen: model !== null,
    reasoningEffort: choice.reasoningEffort ?? otherwise.reasoningEffort,
  };
}

/** An agent takes its turn. A model that the user chose answers for all agents of the run. */
export function answeredBy({ id, version, model }: AnsweringAgent, before: Answering): Partial<Answering> {
  const { agentVersions, modelChosen, modelSwitches } = before;
  return {
    agent: id,
    agentVersions: { [id]: version, ...agentVersions },
    ...(!modelChosen && { model: inPlaceOf(model, modelSwitches) }),
  };
}

/** The model itself, unless it has failed in this run. */
const inPlaceOf = (model: string | null, switches: readonly ModelSwitch[]): string | null =>
  switches.reduce((now, { from, to }) => (now === from ? to : now), model);
