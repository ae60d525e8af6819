export const TODO_STATUSES = ['pending', 'in_progress', 'completed'] as const;

/** An item of the list in which an agent shows what it has done and what remains. */
export interface Todo {
  text: string;
  status: (typeof TODO_STATUSES)[number];
}
