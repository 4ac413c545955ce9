'use client';
// A person as a round: picture or initials, in their colour.

import { useState, type CSSProperties, type ReactElement } from 'react';

import { initials } from './initials.js';
import { inkOn } from './ink.js';

export interface FaceProps {
  readonly name: string;
  readonly image?: string | undefined;
  /** `#RRGGBB`, as rooms give it to their members. */
  readonly color?: string | undefined;
}

/** Never says the name: it stands beside one, or in an element that is named. */
export function Face({ name, image, color }: FaceProps): ReactElement {
  // A picture that does not load, or that the page's policy forbids, is no face.
  const [broken, setBroken] = useState<string>();
  const style = color && ({ '--presence-color': color, '--presence-on-color': inkOn(color) } as CSSProperties);
  return (
    <span className="presence-face" {...(style && { style })} aria-hidden="true">
      {image !== undefined && image !== broken ? (
        <img src={image} alt="" referrerPolicy="no-referrer" onError={() => setBroken(image)} />
      ) : (
        initials(name)
      )}
    </span>
  );
}
