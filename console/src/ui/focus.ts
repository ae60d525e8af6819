/** A ref of a field that is to be written in at once, since the user has asked for it. */
export const focus = (field: HTMLElement | null): void => field?.focus();
