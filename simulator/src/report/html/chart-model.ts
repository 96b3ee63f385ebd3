import type { Chronicle, Series } from '../../scenario/chronicle.ts';

export interface Line {
  readonly name: string;
  readonly quantity: string;
  readonly tone: 'own' | 'idle' | 'quarter';
  readonly points: Series;
}

/** What a line of a chart must not pass, from a time to a time (ms after the scenario began). */
export interface Limit {
  readonly name: string;
  readonly tone: 'limit' | 'expected';
  readonly quantity: string;
  readonly min: number;
  readonly max: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Of a broken expectation: what was seen, in words, and when. */
  readonly broken: { readonly seen: string; readonly atMs: number | null } | null;
}

export interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly Line[];
  readonly limits: readonly Limit[];
  /** Values that the axis shows, whatever the lines do. */
  readonly shown: readonly number[];
}

export function own({ withControl }: Chronicle, quantity: string, name: string): Line {
  return { name, quantity, tone: 'own', points: withControl.get(quantity) ?? [] };
}

export function idle({ withoutControl }: Chronicle, quantity: string): Line {
  const points = withoutControl.get(quantity) ?? [];
  return { name: 'without control', quantity, tone: 'idle', points };
}

export function quarter({ withControl }: Chronicle, quantity: string): Line {
  const points = withControl.get(quantity) ?? [];
  return { name: 'mean of the quarter hour before', quantity, tone: 'quarter', points };
}
