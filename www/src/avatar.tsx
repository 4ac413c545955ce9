// A round with initials, in the colour the room gave to the person.

import { inkOn } from './color.ts';
import { initials } from './initials.ts';

interface Props {
  readonly name: string;
  readonly color?: string | undefined;
}

/** Never says the name: it stands beside one, or in an element that is named. */
export function Avatar({ name, color }: Props) {
  const style = color === undefined ? undefined : { background: color, color: inkOn(color) };
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
