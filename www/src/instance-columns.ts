// The columns of the list of instances: a narrow window has fewer of them, since the details have everything.

import type { SortKey } from './instance-query.ts';
import { useMedia } from './media.ts';

/** Each can be sorted by. The state of a row needs none of its own: it is that of when it was last seen. */
export const COLUMNS: readonly { readonly by: SortKey; readonly name: string }[] = [
  { by: 'name', name: 'Name' },
  { by: 'mode', name: 'Mode' },
  { by: 'input', name: 'Last input' },
  { by: 'seen', name: 'Last seen' },
];

const ALL: readonly SortKey[] = COLUMNS.map(({ by }) => by);
const SOME: readonly SortKey[] = ['name', 'input', 'seen'];
const FEW: readonly SortKey[] = ['name', 'seen'];

/** Those that there is room for, in their order. */
export function useShownColumns(): readonly SortKey[] {
  const isNarrow = useMedia('(max-width: 45rem)');
  const isTight = useMedia('(max-width: 60rem)');
  if (isNarrow) return FEW;
  return isTight ? SOME : ALL;
}
