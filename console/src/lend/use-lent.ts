import { useSyncExternalStore } from 'react';
import { lent } from './lent.ts';

/** The folder that this tab lends. */
export const useLent = () => useSyncExternalStore(lent.subscribe, lent.get);
