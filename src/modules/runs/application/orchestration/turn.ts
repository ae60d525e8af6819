import { AgentTurn } from '../../../context/index.js';
import { RunState } from '../../domain/run-state.js';

/** The turn of an agent in a run. */
export interface Turn extends AgentTurn {
  readonly run: RunState;
}
