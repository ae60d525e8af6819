/** The key or token of the user: for this tab, or kept on this computer where the user has asked for that. */
const NAME = 'agent-runtime.key';

export const credentials = {
  read: (): string | undefined => sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME) ?? undefined,
  keep(key: string, onThisComputer: boolean): void {
    this.forget();
    (onThisComputer ? localStorage : sessionStorage).setItem(NAME, key);
  },
  forget(): void {
    sessionStorage.removeItem(NAME);
    localStorage.removeItem(NAME);
  },
};
