/** For each state, the actions it allows and the state each leads to. A state without actions is final. */
export type Transitions<State extends string, Action extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Action, State>>>>
>;

/** Queries on a transition table. */
export class StateMachine<State extends string, Action extends string> {
  constructor(readonly transitions: Transitions<State, Action>) {}

  /** The state that `action` leads to, or undefined where the table refuses it. */
  next(state: State, action: Action): State | undefined {
    return this.transitions[state][action];
  }

  /** The actions that `state` allows. */
  actions(state: State): Action[] {
    return Object.keys(this.transitions[state]) as Action[];
  }

  isFinal(state: State): boolean {
    return this.actions(state).length === 0;
  }
}
