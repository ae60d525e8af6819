import { AgentTurn } from '../../../context/index.js';
import { RunState } from '../../domain/run.js';

/** The turn of an agent in a run. */
export interface Turn extends AgentTurn {
  readonly run: RunState;
}
